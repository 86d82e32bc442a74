package dev.tunbridge.bridge.service;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.tunbridge.bridge.supervisor.ReloadReport;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Has a service go over to what its configuration says now. */
@Command(
        name = "reload",
        description =
                "Has the service go over to what its configuration says now, all of it or nothing: where something is wrong, the"
                        + " old one goes on. Tunnels that have not changed are not touched; 'check --settings' tells what a running session takes.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        footer = {
            "",
            "Exit codes: 0 done, 2 the configuration is wrong, 69 no service, 77 not permitted.",
            "Example: tunbridge check --config /etc/tunbridge && tunbridge reload"
        })
final class ReloadCommand implements Callable<Integer> {
    @Mixin
    private ControlOptions control = new ControlOptions();

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli before call()
    private CommandSpec spec;

    @Override
    public Integer call() {
        JsonObject done = control.ask("reload", new JsonObject());
        PrintWriter out = spec.commandLine().getOut();
        out.println(new ReloadReport(
                        names(done, "added"),
                        names(done, "restarted"),
                        names(done, "changed"),
                        names(done, "removed"),
                        names(done, "unchanged"),
                        names(done, "service"),
                        names(done, "at_next_start"))
                .words());
        out.flush();
        return ExitCode.OK;
    }

    private static List<String> names(JsonObject report, String key) {
        List<String> names = new ArrayList<>();
        JsonArray array = report.getAsJsonArray(key);
        for (JsonElement name : array) {
            names.add(name.getAsString());
        }
        return names;
    }
}
