package dev.tunbridge.bridge.service;

import com.google.gson.JsonObject;
import dev.tunbridge.bridge.service.ControlOptions.ServiceException;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Waits until traffic passes. */
@Command(
        name = "wait",
        description =
                "Waits until traffic passes through all tunnels, or through one; also for a service that has not started yet.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        footer = {
            "",
            "Exit codes: 0 traffic passes, 1 not in time, 2 no such tunnel, 69 no service in time, 77 not permitted.",
            "Example: tunbridge wait --timeout 20s && ./application"
        })
final class WaitCommand implements Callable<Integer> {
    private static final Pattern DURATION = Pattern.compile("(\\d{1,6})(ms|s|m|h)");
    private static final long RETRY_MILLIS = 50;
    private static final long ANSWER_MORE_MILLIS = 2_000;

    @Mixin
    private ControlOptions control = new ControlOptions();

    @Parameters(arity = "0..1", paramLabel = "TUNNEL", description = "One tunnel alone (default: all).")
    private @Nullable String tunnel;

    @Option(
            names = "--timeout",
            paramLabel = "DURATION",
            defaultValue = "30s",
            description = "How long at most, as 20s or 5m (default: 30s).")
    private String timeout = "30s";

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli before call()
    private CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis());
        while (true) {
            long left = Math.max(0, TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime()));
            JsonObject arguments = ControlOptions.arguments(tunnel);
            arguments.addProperty("timeout-ms", left);
            try {
                control.ask("wait", arguments, left + ANSWER_MORE_MILLIS, part -> {});
                return ExitCode.OK;
            } catch (ServiceException e) {
                boolean mayCome = e.exitCode() == ExitCode.UNAVAILABLE;
                if (!mayCome || left == 0) {
                    throw e;
                }
                Thread.sleep(Math.min(left, RETRY_MILLIS));
            }
        }
    }

    private long millis() {
        Matcher duration = DURATION.matcher(timeout);
        if (!duration.matches()) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--timeout: '" + timeout + "' is not valid; allowed: a duration such as 500ms, 20s, 5m or 1h");
        }
        long amount = Long.parseLong(duration.group(1));
        long millis = switch (duration.group(2)) {
            case "ms" -> amount;
            case "s" -> TimeUnit.SECONDS.toMillis(amount);
            case "m" -> TimeUnit.MINUTES.toMillis(amount);
            default -> TimeUnit.HOURS.toMillis(amount);
        };
        long most = TimeUnit.HOURS.toMillis(24);
        if (millis > most) {
            throw new ParameterException(
                    spec.commandLine(), "--timeout: '" + timeout + "' is not valid; allowed: up to 24h");
        }
        return millis;
    }
}
