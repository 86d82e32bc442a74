package dev.tunbridge.sim.service;

import dev.tunbridge.bridge.service.Foreground;
import dev.tunbridge.bridge.service.Version;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The {@code simserver} command. */
@Command(
        name = "simserver",
        description = "The simulated third-party server, the impaired link to it, and the benchmark.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        subcommands = {
            ServeCommand.class,
            LinkCommand.class,
            BenchCommand.class,
            CurvesCommand.class,
            CaptureBenchCommand.class
        },
        synopsisSubcommandLabel = "COMMAND",
        footer = {"", "Exit codes: 0 ok, 1 failed, 2 wrong option, 69 something is missing here, 77 not permitted."})
public final class Main {
    private Main() {}

    static CommandLine commandLine() {
        return dev.tunbridge.bridge.service.Main.commandLine(new Main());
    }

    public static void main(String[] arguments) {
        int code = dev.tunbridge.bridge.service.Main.execute(new Main(), arguments);
        Foreground.endedByItself();
        System.exit(code);
    }
}
