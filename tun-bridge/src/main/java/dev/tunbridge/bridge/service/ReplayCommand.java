package dev.tunbridge.bridge.service;

import dev.tunbridge.bridge.BridgeBuilder;
import dev.tunbridge.bridge.config.BridgeConfig;
import dev.tunbridge.bridge.config.ConfigException;
import dev.tunbridge.bridge.config.ConfigReader;
import dev.tunbridge.bridge.config.Endpoint;
import dev.tunbridge.bridge.config.Settings;
import dev.tunbridge.bridge.json.StatsJson;
import dev.tunbridge.bridge.replay.ConnectionChoice;
import dev.tunbridge.bridge.replay.End;
import dev.tunbridge.bridge.replay.PathReport;
import dev.tunbridge.bridge.replay.Recording;
import dev.tunbridge.bridge.replay.Replay;
import dev.tunbridge.bridge.replay.ReplayOptions;
import dev.tunbridge.bridge.replay.ReplayReport;
import dev.tunbridge.bridge.replay.Survey;
import dev.tunbridge.bridge.replay.Tally;
import dev.tunbridge.bridge.replay.Verdict;
import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.reassembly.recovery.RecoveryOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Runs a capture file through the receive path. */
@Command(
        name = "replay",
        description =
                "Runs a capture file of a connection (pcap or pcapng, packed by gzip or not, both directions) through the bridge's receive"
                        + " path: what would have been delivered early, what late, and the time gained. Needs no rights.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        footer = {
            "",
            "Exit codes: 0 replayed, 1 nothing in it of this format, 2 wrong option or no capture file.",
            "Example: tunbridge replay --format acme.yaml --server 198.18.0.2:7000 --pcap inner.pcapng FILE"
        })
final class ReplayCommand implements Callable<Integer> {
    @Parameters(paramLabel = "FILE", description = "The capture file; 'tunbridge capture' or tcpdump writes one.")
    @SuppressWarnings("NullAway.Init") // required, so set by picocli before call()
    private Path file;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "YAML file of settings, as for 'tunbridge run': format, filter and raw lane are gone by.")
    private @Nullable Path configFile;

    @Option(
            names = "--format",
            paramLabel = "FILE",
            description = "Frame format: reference, plain-le, hdlc or a YAML description.")
    private @Nullable String format;

    @Option(
            names = "--plugin",
            paramLabel = "JAR",
            description = "Code that the format asks for, a session driver or a message mapper; may be repeated.")
    private List<String> plugins = List.of();

    @Option(names = "--server", paramLabel = "HOST:PORT", description = "Replays the connection that went there.")
    private @Nullable String server;

    @Option(
            names = "--connection",
            paramLabel = "A:P-B:Q",
            description = "Replays what A received from B, or the connection of this number. Without it and --server:"
                    + " the connection with most payload towards who connected.")
    private @Nullable String connection;

    @Option(names = "--list", description = "Lists the connections and replays none.")
    private boolean list;

    @Option(
            names = "--boundaries",
            paramLabel = "GRADE",
            description = "How sure a frame's boundary past a hole must be: proven, anchored or found.")
    private @Nullable String boundaries;

    @Option(
            names = "--recovery",
            paramLabel = "on|off",
            description = "off: nothing goes early; what waits is still measured.")
    private @Nullable String recovery;

    @Option(names = "--set", paramLabel = "KEY=VALUE", description = "Sets any configuration key; may be repeated.")
    private List<String> settings = List.of();

    @Option(names = "--json", description = "Prints one JSON object; times in nanoseconds.")
    private boolean json;

    @Option(
            names = ReplayOutputs.PACKETS,
            paramLabel = "OUT",
            description = "Writes the inner packets as they are delivered (pcapng): interface 'early' or 'kernel'.")
    private @Nullable Path packets;

    @Option(
            names = ReplayOutputs.STREAM,
            paramLabel = "OUT",
            description = "Writes the received stream in order, without what the file lacks.")
    private @Nullable Path stream;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli before call()
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        if (System.getProperty(Main.LOG_LEVEL) == null) {
            System.setProperty(Main.LOG_LEVEL, "ERROR"); // the report says what a running bridge would warn of
        }
        BridgeConfig config = config();
        Protocol protocol = BridgeBuilder.loadProtocol(config);
        ConnectionChoice choice = choice(config);
        RecordedFile recorded = new RecordedFile(file, spec.commandLine());
        Recording recording = recorded.recording("twice");
        Survey survey = recorded.survey(recording, choice);
        if (list) {
            print(survey);
            return ExitCode.OK;
        }
        ConnectionChoice.Chosen chosen = survey.choose(recording, choice).orElseThrow(() -> none(survey));
        ReplayOptions options = ReplayOptions.of(protocol).config(config).recovery(recovery(config));
        ReplayReport report = replay(recording, survey, chosen, options);
        print(report);
        return report.verdict() == Verdict.REPLAYED ? ExitCode.OK : ExitCode.FAILED;
    }

    private BridgeConfig config() {
        Map<String, String> changes = new LinkedHashMap<>();
        ConfigOptions.put(changes, Settings.SERVER.key(), server);
        ConfigOptions.put(changes, Settings.FORMAT.key(), format);
        ConfigOptions.put(changes, Settings.PLUGINS.key(), ConfigOptions.listOf(plugins));
        ConfigOptions.put(changes, Settings.BOUNDARIES.key(), boundaries);
        ConfigOptions.put(changes, Settings.RECOVERY_ENABLED.key(), isRecovering());
        changes.putAll(ConfigOptions.changes(settings));
        return ConfigOptions.only(ConfigReader.read(configFile == null ? List.of() : List.of(configFile), changes));
    }

    private @Nullable String isRecovering() {
        String wanted = recovery;
        if (wanted == null) {
            return null;
        }
        return switch (wanted) {
            case "on" -> "true";
            case "off" -> "false";
            default -> throw new ConfigException("--recovery", wanted, "on | off");
        };
    }

    private static RecoveryOptions recovery(BridgeConfig config) {
        RecoveryOptions options = RecoveryOptions.DEFAULT.ofFile().boundaries(config.get(Settings.BOUNDARIES));
        return config.get(Settings.RECOVERY_ENABLED) ? options : options.disabled();
    }

    private ConnectionChoice choice(BridgeConfig config) {
        return connection != null ? RecordedFile.connection(connection) : choiceOf(config);
    }

    /** The connection to the server that the configuration names, else the largest. */
    static ConnectionChoice choiceOf(BridgeConfig config) {
        Optional<Endpoint> to = config.get(Settings.SERVER);
        return to.isPresent() ? new ConnectionChoice.ToServer(ends(to.get())) : new ConnectionChoice.Largest();
    }

    /** The server under each of its addresses. */
    private static List<End> ends(Endpoint endpoint) {
        List<End> ends = new ArrayList<>();
        try {
            for (InetAddress address : InetAddress.getAllByName(endpoint.host())) {
                ends.add(End.of(address, endpoint.port()));
            }
        } catch (UnknownHostException e) {
            throw ConfigException.of(
                    Settings.SERVER.key(), "cannot resolve " + endpoint.host() + "; an address needs no resolving");
        }
        return ends;
    }

    private IllegalStateException none(Survey survey) {
        String wanted = connection != null ? " '" + connection + "'" : server != null ? " to " + server : "";
        return new IllegalStateException(file + " has no TCP connection" + wanted
                + (survey.connections().isEmpty() ? "" : " (--list shows those that it has)")
                + survey.tally().hints().map(hint -> "; " + hint).collect(Collectors.joining()));
    }

    private ReplayReport replay(
            Recording recording, Survey survey, ConnectionChoice.Chosen chosen, ReplayOptions options)
            throws IOException {
        try (ReplayOutputs outputs = ReplayOutputs.open(file, packets, stream)) {
            return Replay.run(recording, survey, chosen, outputs.into(options));
        }
    }

    private void print(ReplayReport report) {
        PrintWriter out = spec.commandLine().getOut();
        out.print(json ? StatsJson.of(report) + "\n" : new ReplayText(report).toString());
        out.flush();
    }

    /** What {@code --list --json} prints. */
    record Listing(Tally file, List<PathReport> connections) {}

    private void print(Survey survey) {
        PrintWriter out = spec.commandLine().getOut();
        List<PathReport> paths =
                survey.connections().stream().map(PathReport::of).toList();
        if (json) {
            out.print(StatsJson.of(new Listing(survey.tally(), paths)) + "\n");
        } else {
            for (PathReport path : paths) {
                out.printf(
                        Locale.ROOT,
                        "%d: %s-%s%s, %,d bytes received, %,d sent, %s%n",
                        path.number(),
                        path.receiver(),
                        path.sender(),
                        path.isInitiatorKnown() ? "" : " (who connected is a guess)",
                        path.receivedBytes(),
                        path.sentBytes(),
                        ReplayText.duration(path.durationNanos()));
            }
            if (paths.isEmpty()) {
                out.printf(
                        "no TCP connection among %d IP packets%n",
                        survey.tally().packets());
            }
            if (survey.tally().notListed() > 0) {
                out.printf(
                        Locale.ROOT,
                        "and %,d more with less payload: --server HOST:PORT and --connection A:P-B:Q find them too%n",
                        survey.tally().notListed());
            }
            if (!survey.damage().isEmpty()) {
                out.println("not read to its end: " + survey.damage());
            }
            survey.tally().hints().forEach(out::println);
        }
        out.flush();
    }
}
