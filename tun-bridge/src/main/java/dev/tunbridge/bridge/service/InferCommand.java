package dev.tunbridge.bridge.service;

import dev.tunbridge.bridge.config.ConfigException;
import dev.tunbridge.bridge.config.FileFault;
import dev.tunbridge.bridge.replay.ConnectionChoice;
import dev.tunbridge.bridge.replay.RecordedStreams;
import dev.tunbridge.bridge.replay.Recording;
import dev.tunbridge.bridge.replay.Survey;
import dev.tunbridge.protocol.inference.Inference;
import dev.tunbridge.protocol.inference.Proposal;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Proposes descriptions for the protocol of a recording. */
@Command(
        name = "infer",
        description =
                "Proposes descriptions of a protocol from a recording of it: length, marks, check, type, sequence,"
                        + " each with what speaks for it. Needs no rights.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        footer = {
            "",
            "Exit codes: 0 proposed, 1 nothing in it that chance would not do, 2 wrong option or no capture file.",
            "Example: tunbridge infer --out acme.yaml FILE; tunbridge check --format acme.yaml"
        })
final class InferCommand implements Callable<Integer> {
    private static final String TOP = "--top";
    private static final int MOST_PROPOSALS = 24;

    @Parameters(
            paramLabel = "FILE",
            description =
                    "A capture file (pcap or pcapng, packed by gzip or not); 'tunbridge capture' or tcpdump writes"
                            + " one. Of both directions of a connection the longest part without a hole is looked at, up to 1 MiB.")
    @SuppressWarnings("NullAway.Init") // required, so set by picocli before call()
    private Path file;

    @Option(names = "--raw", description = "FILE holds the bytes of one direction and nothing else.")
    private boolean raw;

    @Option(
            names = "--connection",
            paramLabel = "A:P-B:Q",
            description = "Looks at what A received from B, or at the connection of this number ('tunbridge replay"
                    + " --list' lists them). Without it: the one with most payload towards who connected.")
    private @Nullable String connection;

    @Option(names = "--out", paramLabel = "FILE", description = "Writes the best proposal there.")
    private @Nullable Path out;

    @Option(
            names = TOP,
            paramLabel = "N",
            defaultValue = "1",
            description = "Prints so many proposals, the best first (default: ${DEFAULT-VALUE}).")
    private int top;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli before call()
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        if (top < 1 || top > MOST_PROPOSALS) {
            throw new ConfigException(TOP, Integer.toString(top), "1 to " + MOST_PROPOSALS);
        }
        Path target = out;
        if (target != null && Files.exists(target) && Files.exists(file) && Files.isSameFile(target, file)) {
            throw new ConfigException("--out", target.toString(), "a file of its own, and not the recording itself");
        }
        List<byte[]> directions = raw ? List.of(bytes()) : streams();
        long bytes =
                directions.stream().mapToLong(direction -> direction.length).sum();
        if (directions.stream().allMatch(direction -> direction.length < Inference.LEAST_BYTES)) {
            throw new IllegalStateException(file + " has " + bytes + (bytes == 1 ? " byte" : " bytes")
                    + " of the protocol: too few to find frames in; a few hundred frames tell most");
        }
        Inference.Findings findings = Inference.of(directions);
        if (!findings.isWhole()) {
            spec.commandLine().getErr().println(file + ": too much work; not all was looked for");
        }
        if (findings.proposals().isEmpty()) {
            throw new IllegalStateException(
                    file + ": nothing in its " + bytes + " bytes that chance would not do: neither"
                            + " lengths nor marks lead from frame to frame; encrypted or compressed bytes have none, and a few"
                            + " hundred frames tell most");
        }
        print(findings.proposals());
        if (target != null) {
            write(target, findings.proposals().get(0).yaml());
        }
        return ExitCode.OK;
    }

    private byte[] bytes() {
        try (InputStream in = Files.newInputStream(file)) {
            return in.readNBytes(Inference.MOST_BYTES);
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    private List<byte[]> streams() {
        Recording recording = new RecordedFile(file, spec.commandLine()).recording("several times");
        ConnectionChoice choice =
                connection == null ? new ConnectionChoice.Largest() : RecordedFile.connection(connection);
        try {
            Survey survey = Survey.of(recording, choice);
            ConnectionChoice.Chosen chosen = survey.choose(recording, choice)
                    .orElseThrow(() -> new IllegalStateException(file
                            + " has no TCP connection" + (connection == null ? "" : " '" + connection + "'")
                            + survey.tally().hints().map(hint -> "; " + hint).collect(Collectors.joining())));
            return RecordedStreams.of(recording, chosen, Inference.MOST_BYTES);
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    private ParameterException unreadable(IOException e) {
        String message = e instanceof NoSuchFileException
                ? file + ": no such file"
                : raw ? file + ": " + FileFault.reason(e) : e.getMessage() + " (--raw reads bytes of one direction)";
        return new ParameterException(spec.commandLine(), message, e);
    }

    /** Each is a YAML document of its own, with its evidence as a comment in front. */
    private void print(List<Proposal> proposals) {
        PrintWriter printer = spec.commandLine().getOut();
        int count = Math.min(top, proposals.size());
        for (int i = 0; i < count; i++) {
            Proposal proposal = proposals.get(i);
            if (i > 0) {
                printer.println("---");
            }
            printer.println("# Proposal " + (i + 1) + " of " + proposals.size());
            proposal.evidence().forEach(line -> printer.println("# " + line));
            if (out == null || i > 0) {
                printer.print(proposal.yaml());
            } else {
                printer.println("# written to " + out);
            }
        }
        printer.flush();
    }

    private static void write(Path target, String yaml) {
        try {
            Files.writeString(target, yaml);
        } catch (IOException e) {
            throw FileFault.cannotWrite("--out", target, e);
        }
    }
}
