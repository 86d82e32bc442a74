package dev.tunbridge.bridge.service;

import dev.tunbridge.bridge.BridgeBuilder;
import dev.tunbridge.bridge.config.BridgeConfig;
import dev.tunbridge.bridge.config.FileFault;
import dev.tunbridge.bridge.config.Settings;
import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.dissector.Dissector;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Writes a dissector for Wireshark. */
@Command(
        name = "dissector",
        description =
                "Writes a Wireshark dissector of a protocol, one Lua file: frames, checks, messages and the packets inside.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        footer = {
            "",
            "Needs Wireshark or tshark 4.0 or later.",
            "Example: tunbridge dissector --format acme.yaml --out acme.lua, then tshark -X lua_script:acme.lua -r outer.pcapng"
        })
final class DissectorCommand implements Callable<Integer> {
    private static final String DEFAULT_PORT = "7000";
    private static final int MOST_PORT = 65_535;

    @Option(
            names = "--format",
            required = true,
            paramLabel = "FILE",
            description = "The protocol: one that ships, or a YAML description.")
    @SuppressWarnings("NullAway.Init") // required, so set by picocli before call()
    private String format;

    @Option(names = "--plugin", paramLabel = "JAR", description = "Code that the format asks for, as with 'run'.")
    private List<String> plugins = List.of();

    @Option(
            names = "--out",
            required = true,
            paramLabel = "FILE",
            description = "The Lua file to write; one that is there goes.")
    @SuppressWarnings("NullAway.Init") // required, so set by picocli before call()
    private Path file;

    @Option(
            names = "--port",
            paramLabel = "PORT",
            defaultValue = DEFAULT_PORT,
            description = "The server's TCP port (default: " + DEFAULT_PORT
                    + "); a preference of the dissector's changes it.")
    private int port;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli before call()
    private CommandSpec spec;

    @Override
    public Integer call() {
        if (port < 1 || port > MOST_PORT) {
            throw new ParameterException(
                    spec.commandLine(), "--port: '" + port + "' is not valid; allowed: 1 to " + MOST_PORT);
        }
        BridgeConfig config = BridgeConfig.defaults()
                .with(Map.of(Settings.FORMAT.key(), format, Settings.PLUGINS.key(), String.join(",", plugins)));
        Protocol protocol = BridgeBuilder.loadProtocol(config);
        try {
            Files.writeString(file, Dissector.of(protocol, port));
        } catch (IOException e) {
            throw FileFault.cannotWrite("--out", file, e);
        }
        PrintWriter out = spec.commandLine().getOut();
        out.println("wrote " + file + ": its fields begin with " + Dissector.filterName(protocol) + ", as in tshark -Y "
                + Dissector.filterName(protocol) + ".fault");
        out.flush();
        return ExitCode.OK;
    }
}
