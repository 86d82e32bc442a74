package dev.tunbridge.bridge.service;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Where the tunnels of a running service stand. */
@Command(
        name = "status",
        description =
                "Tells whether traffic passes, since when, what is wrong and how to mend it, the last events, and what each"
                        + " promise has earned.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        footer = {
            "",
            "Exit codes: 0 traffic passes through all tunnels, 1 it does not, 2 no such tunnel, 69 no service,",
            "77 not permitted.",
            "Example: tunbridge status --json | jq -r '.tunnels[].problems[].code'"
        })
final class StatusCommand implements Callable<Integer> {
    @Mixin
    private ControlOptions control = new ControlOptions();

    @Parameters(arity = "0..1", paramLabel = "TUNNEL", description = "One tunnel alone (default: all).")
    private @Nullable String tunnel;

    @Option(names = "--json", description = "As JSON of a form that is promised (docs/schema/status.json).")
    private boolean isJson;

    @Option(names = "--watch", description = "Again each second until Ctrl-C.")
    private boolean isWatching;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli before call()
    private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        JsonObject arguments = ControlOptions.arguments(tunnel);
        if (isWatching) {
            control.ask("watch", arguments, ControlOptions.ANSWER_MILLIS, part -> print(part, out));
            return ExitCode.OK;
        }
        JsonObject status = control.ask("status", arguments);
        print(status, out);
        return status.get("passing").getAsBoolean() ? ExitCode.OK : ExitCode.FAILED;
    }

    private void print(JsonElement status, PrintWriter out) {
        if (isJson) {
            out.println(status);
        } else {
            if (isWatching && Ansi.AUTO.enabled()) {
                out.print("\033[H\033[2J"); // home, and clear (ECMA-48 CUP and ED)
            }
            StatusText.lines(status.getAsJsonObject()).forEach(out::println);
        }
        out.flush();
    }
}
