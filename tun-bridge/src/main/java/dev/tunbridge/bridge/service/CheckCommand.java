package dev.tunbridge.bridge.service;

import dev.tunbridge.bridge.BridgeBuilder;
import dev.tunbridge.bridge.config.BridgeConfig;
import dev.tunbridge.bridge.config.CaptureBackend;
import dev.tunbridge.bridge.config.ConfigException;
import dev.tunbridge.bridge.config.Setting;
import dev.tunbridge.bridge.config.Settings;
import dev.tunbridge.bridge.config.TunnelConfig;
import dev.tunbridge.bridge.local.SourceMode;
import dev.tunbridge.bridge.tunnel.Login;
import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.inspection.FrameDrawing;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Explains a configuration and a frame format, or names the wrong key. */
@Command(
        name = "check",
        description = "Explains a configuration and its frame format in words, or names the wrong key.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        footer = {
            "",
            "Without a server it explains the format, and what a tunnel with it needs besides.",
            "Exit codes: 0 right, and all bytes fit; 1 some bytes of --bytes or --capture do not; 2 something is wrong with the format",
            "or an option.",
            "Example: tunbridge check --format acme.yaml --capture outer.pcapng"
        })
final class CheckCommand implements Callable<Integer> {
    @Mixin
    private ConfigOptions options = new ConfigOptions();

    @Option(
            names = "--settings",
            arity = "0..1",
            fallbackValue = "text",
            paramLabel = "FORM",
            description =
                    "Lists every configuration key with its default and meaning; as text, markdown, a JSON schema for editors"
                            + " (schema), or a commented configuration (example).")
    private SettingsReference.@Nullable Form settings;

    @ArgGroup
    private @Nullable Stream stream;

    /** What the description is tried on. */
    static final class Stream {
        @Option(
                names = "--capture",
                required = true,
                paramLabel = "FILE",
                description = "Tells how far the format gets with a recorded connection, both directions: the one to"
                        + " --server, else the one with most payload. No configuration is needed then.")
        private @Nullable Path capture;

        @Option(
                names = "--bytes",
                required = true,
                paramLabel = "HEX",
                description = "The same with the bytes of one direction, in hexadecimal.")
        private @Nullable String bytes;
    }

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli before call()
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        SettingsReference.Form form = settings;
        if (form != null) {
            out.print(SettingsReference.of(form));
            out.flush();
            return ExitCode.OK;
        }
        Stream tried = stream;
        if (tried != null) {
            return inspect(tried, options.config(), out);
        }
        List<TunnelConfig> tunnels = options.service().tunnels();
        for (TunnelConfig tunnel : tunnels) {
            if (tunnels.size() > 1) {
                out.println("Tunnel " + tunnel.name());
            }
            try {
                explain(tunnel.config(), out);
            } catch (ConfigException e) {
                throw tunnels.size() > 1 || tunnel.said().containsKey(e.key()) ? tunnel.locate(e) : e;
            }
        }
        return ExitCode.OK;
    }

    private static List<String> rights(BridgeConfig config, Login login) {
        List<String> lines = new ArrayList<>();
        if (login.isPackets()) {
            lines.add("CAP_NET_ADMIN and /dev/net/tun: the device, its address, routes and rules");
        }
        SourceMode source = config.get(Settings.RELAY_SOURCE);
        if (!login.isPackets() && source == SourceMode.CLIENT) {
            lines.add("CAP_NET_ADMIN: clients' own addresses as sources, and the rules that bring answers back");
        } else if (!login.isPackets() && source == SourceMode.DEVICE) {
            lines.add("CAP_NET_ADMIN: the device's address, unless this host has it already and tun.overlap=warn");
        }
        if (config.get(Settings.CAPTURE_BACKEND) != CaptureBackend.NONE) {
            lines.add("CAP_NET_RAW, or nothing goes past a hole: the capture of the outer segments");
        }
        return lines.isEmpty() ? List.of("none") : lines;
    }

    private int inspect(Stream tried, BridgeConfig config, PrintWriter out) throws IOException {
        Protocol protocol = BridgeBuilder.loadProtocol(config);
        out.println("Frame format " + protocol.format().name());
        FrameDrawing.of(protocol.format()).forEach(line -> out.println("  " + line));
        StreamTrial trial = new StreamTrial(protocol, config, spec.commandLine());
        String hex = tried.bytes;
        Path capture = tried.capture;
        boolean fits = capture != null ? trial.ofCapture(capture) : trial.ofBytes(hex == null ? "" : hex);
        out.flush();
        return fits ? ExitCode.OK : ExitCode.FAILED;
    }

    private static void explain(BridgeConfig config, PrintWriter out) {
        Protocol protocol = BridgeBuilder.loadProtocol(config);
        boolean isToRun = config.get(Settings.SERVER).isPresent();
        Optional<Login> login = Optional.empty();
        String missing = "";
        try {
            login = Optional.of(Login.of(config, protocol)); // refuses what run would refuse
        } catch (ConfigException e) {
            if (isToRun) {
                throw e;
            }
            missing = String.valueOf(e.getMessage());
        }
        FrameFormat format = protocol.format();
        out.println("Frame format " + format.name());
        format.explain().forEach(line -> out.println("  " + line));
        FrameDrawing.of(format).forEach(line -> out.println("  " + line));
        if (login.isPresent()) {
            out.println("Rights");
            rights(config, login.get()).forEach(line -> out.println("  " + line));
        } else {
            out.println("A tunnel needs more");
            out.println("  " + missing);
        }
        out.println("Settings");
        for (Setting<?> setting : Settings.all()) {
            if (config.isSet(setting)) {
                String value = setting.isSecret() ? "(set, not shown)" : config.text(setting);
                out.println("  " + setting.key() + " = " + value);
            }
        }
        out.println("  all others at their defaults ('tunbridge check --settings' lists them)");
    }
}
