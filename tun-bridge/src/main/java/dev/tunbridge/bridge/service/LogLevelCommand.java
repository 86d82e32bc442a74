package dev.tunbridge.bridge.service;

import com.google.gson.JsonObject;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Tells or changes from which level on a service logs. */
@Command(
        name = "log-level",
        description = "Tells from which level on the service logs, or changes it until its end.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        footer = {
            "",
            "Exit codes: 0 done, 2 no such level, 69 no service, 77 not permitted.",
            "Example: tunbridge log-level debug --logger dev.tunbridge.bridge.tunnel"
        })
final class LogLevelCommand implements Callable<Integer> {
    @Mixin
    private ControlOptions control = new ControlOptions();

    @Parameters(
            arity = "0..1",
            paramLabel = "LEVEL",
            description = "off, error, warn, info, debug or trace (default: tells the present one).")
    private @Nullable String level;

    @Option(names = "--logger", paramLabel = "NAME", description = "A part of the program alone, by its package.")
    private @Nullable String logger;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli before call()
    private CommandSpec spec;

    @Override
    public Integer call() {
        JsonObject arguments = new JsonObject();
        if (level != null) {
            arguments.addProperty("level", level);
        }
        if (logger != null) {
            arguments.addProperty("logger", logger);
        }
        JsonObject now = control.ask("log-level", arguments);
        PrintWriter out = spec.commandLine().getOut();
        out.println(now.get("logger").getAsString() + " " + now.get("level").getAsString());
        out.flush();
        return ExitCode.OK;
    }
}
