package dev.tunbridge.sim.service;

import dev.tunbridge.bridge.service.ExitCode;
import dev.tunbridge.bridge.service.Version;
import dev.tunbridge.reassembly.capture.CaptureOptions;
import dev.tunbridge.sim.capture.CaptureBench;
import dev.tunbridge.sim.capture.CaptureBenchOptions;
import dev.tunbridge.sim.capture.CaptureBenchReport;
import dev.tunbridge.sim.capture.CaptureWay;
import dev.tunbridge.sim.lab.Lab;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code simserver capture-bench}: what capturing costs. */
@Command(
        name = "capture-bench",
        description = "Measures how soon a captured segment is there and what that costs, for each way of capturing: "
                + "the ring, libpcap, and a plain read of a packet socket. Needs root, and takes two cores.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class)
final class CaptureBenchCommand implements Callable<Integer> {
    @Option(names = "--source", paramLabel = "NAME", description = "ring, read or pcap; repeatable (default: all).")
    private List<String> sources = new ArrayList<>();

    @Option(
            names = "--probes",
            paramLabel = "N",
            defaultValue = "2000",
            description = "Single segments on an idle link (default: ${DEFAULT-VALUE}).")
    private int probes;

    @Option(
            names = "--rate",
            paramLabel = "N",
            defaultValue = "60000",
            description = "Segments a second under load (default: ${DEFAULT-VALUE}).")
    private int rate;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            defaultValue = "5",
            description = "Length of each load (default: ${DEFAULT-VALUE}).")
    private int seconds;

    @Option(names = "--ring-bytes", paramLabel = "BYTES", description = "As capture.ring-bytes (default: 4194304).")
    private int ringBytes = CaptureOptions.DEFAULT_RING_BYTES;

    @Option(names = "--json", paramLabel = "FILE", description = "Also writes everything as JSON.")
    private @Nullable Path json;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli before call()
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        CaptureBench bench = new CaptureBench(new CaptureBenchOptions(
                ways(),
                checked("--probes", probes, 100, 1_000_000),
                checked("--rate", rate, 1_000, 1_000_000),
                checked("--seconds", seconds, 1, 3_600),
                checked("--ring-bytes", ringBytes, CaptureOptions.MIN_RING_BYTES, CaptureOptions.MAX_RING_BYTES)));
        Path file = json;
        if (file != null) {
            requireWritable(file);
        }
        Optional<String> missing = Lab.unavailable();
        if (missing.isPresent()) {
            spec.commandLine()
                    .getErr()
                    .println("simserver capture-bench: " + missing.get() + "; run: sudo ./simserver capture-bench");
            return ExitCode.NOT_PERMITTED;
        }
        CaptureBenchReport report = bench.run(line -> {
            spec.commandLine().getErr().println(line);
            spec.commandLine().getErr().flush();
        });
        if (file != null) {
            Files.writeString(file, report.json());
        }
        PrintWriter out = spec.commandLine().getOut();
        out.print(report.table());
        out.flush();
        return ExitCode.OK;
    }

    private List<CaptureWay> ways() {
        if (sources.isEmpty()) {
            return List.of(CaptureWay.values());
        }
        try {
            return sources.stream().map(CaptureWay::parse).toList();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), "--source: " + e.getMessage(), e);
        }
    }

    private int checked(String option, int given, int least, int most) {
        if (given < least || given > most) {
            throw new ParameterException(
                    spec.commandLine(), option + ": '" + given + "' is not valid; allowed: " + least + " to " + most);
        }
        return given;
    }

    private void requireWritable(Path file) {
        try {
            Files.writeString(file, "");
        } catch (IOException e) {
            throw new ParameterException(spec.commandLine(), "--json: cannot write " + file, e);
        }
    }
}
