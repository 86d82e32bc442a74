package dev.tunbridge.bridge.service;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Has a service connect anew. */
@Command(
        name = "reconnect",
        description =
                "Connects anew at once, whatever is under way; one that has ended by a fault is set up anew. Inner connections"
                        + " live on.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        footer = {
            "",
            "Exit codes: 0 begun, 2 no such tunnel, 69 no service, 77 not permitted.",
            "Example: tunbridge reconnect pumps && tunbridge wait pumps --timeout 20s"
        })
final class ReconnectCommand implements Callable<Integer> {
    @Mixin
    private ControlOptions control = new ControlOptions();

    @Parameters(arity = "0..1", paramLabel = "TUNNEL", description = "One tunnel alone (default: all).")
    private @Nullable String tunnel;

    @Override
    public Integer call() {
        control.ask("reconnect", ControlOptions.arguments(tunnel));
        return ExitCode.OK;
    }
}
