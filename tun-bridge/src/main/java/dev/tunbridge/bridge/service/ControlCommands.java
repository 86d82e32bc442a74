package dev.tunbridge.bridge.service;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.tunbridge.bridge.config.ConfigException;
import dev.tunbridge.bridge.config.ServiceSettings;
import dev.tunbridge.bridge.control.ControlException;
import dev.tunbridge.bridge.control.ControlException.Code;
import dev.tunbridge.bridge.control.ControlHandler;
import dev.tunbridge.bridge.control.Peer;
import dev.tunbridge.bridge.control.Request;
import dev.tunbridge.bridge.json.StatsJson;
import dev.tunbridge.bridge.supervisor.Moment;
import dev.tunbridge.bridge.supervisor.ReloadReport;
import dev.tunbridge.bridge.supervisor.ServiceStatus;
import dev.tunbridge.bridge.supervisor.SupervisedTunnel;
import dev.tunbridge.bridge.supervisor.Supervisor;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.slf4j.LoggerFactory;

/** What can be asked of a service, and by whom. */
final class ControlCommands implements ControlHandler {
    private static final org.slf4j.Logger LOG = LoggerFactory.getLogger(ControlCommands.class);

    /** Those that change something. */
    private static final Set<String> CHANGING = Set.of("reload", "reconnect", "log-level");

    private static final List<String> ALL =
            List.of("status", "watch", "wait", "stats", "reload", "reconnect", "log-level");
    private static final String TUNNEL = "tunnel";
    private static final long WATCH_MILLIS = 1_000;
    private static final long POLL_MILLIS = 50;
    private static final long MOST_WAIT_MILLIS = TimeUnit.HOURS.toMillis(24);
    private static final long RELOAD_SECONDS = 60;

    private final Supervisor supervisor;
    private final Moment started;
    private final String own = System.getProperty("user.name");

    ControlCommands(Supervisor supervisor, Moment started) {
        this.supervisor = supervisor;
        this.started = started;
    }

    @Override
    public JsonElement handle(Peer peer, Request request, Consumer<JsonElement> part)
            throws ControlException, InterruptedException {
        String command = request.command();
        if (CHANGING.contains(command)) {
            LOG.info("{} asks for {} {}", peer.user(), command, request.arguments());
            requireOperator(peer, command);
        }
        return switch (command) {
            case "status" -> {
                request.arguments(Set.of(TUNNEL));
                yield status(chosen(request));
            }
            case "watch" -> {
                request.arguments(Set.of(TUNNEL));
                yield watch(request, part);
            }
            case "wait" -> {
                request.arguments(Set.of(TUNNEL, "timeout-ms"));
                yield await(request);
            }
            case "stats" -> {
                request.arguments(Set.of());
                yield JsonParser.parseString(done(supervisor.stats().toCompletableFuture()));
            }
            case "reload" -> {
                request.arguments(Set.of());
                yield JsonParser.parseString(StatsJson.of(reload()));
            }
            case "reconnect" -> {
                request.arguments(Set.of(TUNNEL));
                chosen(request).forEach(supervisor::reconnect);
                yield new JsonObject();
            }
            case "log-level" -> {
                request.arguments(Set.of("level", "logger"));
                yield logLevel(request);
            }
            default ->
                throw new ControlException(
                        Code.UNKNOWN_COMMAND, "'" + command + "' is no command; allowed: " + String.join(", ", ALL));
        };
    }

    private void requireOperator(Peer peer, String command) throws ControlException {
        boolean isOne = peer.user().equals("root")
                || peer.user().equals(own)
                || supervisor.config().get(ServiceSettings.CONTROL_OPERATORS).contains(peer.user());
        if (!isOne) {
            throw new ControlException(
                    Code.NOT_PERMITTED,
                    peer.user() + " may not " + command + "; allowed: root, " + own + ", and "
                            + ServiceSettings.CONTROL_OPERATORS.key());
        }
    }

    private List<SupervisedTunnel> chosen(Request request) throws ControlException {
        Optional<String> name = request.text(TUNNEL);
        if (name.isEmpty()) {
            return supervisor.tunnels();
        }
        return List.of(supervisor
                .tunnel(name.get())
                .orElseThrow(() -> new ControlException(
                        Code.UNKNOWN_TUNNEL,
                        "'" + name.get() + "' is no tunnel; allowed: "
                                + String.join(
                                        ", ",
                                        supervisor.tunnels().stream()
                                                .map(SupervisedTunnel::name)
                                                .toList()))));
    }

    private JsonElement status(List<SupervisedTunnel> tunnels) {
        return JsonParser.parseString(StatsJson.of(ServiceStatus.of(tunnels, Version.text(), started)));
    }

    /** Until the client has gone. */
    private JsonElement watch(Request request, Consumer<JsonElement> part)
            throws ControlException, InterruptedException {
        while (true) {
            part.accept(status(chosen(request)));
            Thread.sleep(WATCH_MILLIS);
        }
    }

    private JsonElement await(Request request) throws ControlException, InterruptedException {
        JsonElement given = request.arguments().get("timeout-ms");
        long millis = given != null
                        && given.isJsonPrimitive()
                        && given.getAsJsonPrimitive().isNumber()
                ? given.getAsLong()
                : -1;
        if (millis < 0 || millis > MOST_WAIT_MILLIS) {
            throw new ControlException(Code.BAD_ARGUMENT, "timeout-ms: allowed: 0 to " + MOST_WAIT_MILLIS);
        }
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        while (true) {
            ServiceStatus now = ServiceStatus.of(chosen(request), Version.text(), started);
            if (now.passing()) {
                return JsonParser.parseString(StatsJson.of(now));
            }
            if (System.nanoTime() - deadline >= 0) {
                String missing = String.join(
                        "; ",
                        now.tunnels().stream()
                                .filter(tunnel -> !tunnel.passing())
                                .map(tunnel -> tunnel.name() + ": " + tunnel.detail())
                                .toList());
                throw new ControlException(Code.TIMEOUT, "no traffic passes yet: " + missing);
            }
            Thread.sleep(POLL_MILLIS);
        }
    }

    private ReloadReport reload() throws ControlException, InterruptedException {
        try {
            return supervisor.reload().get(RELOAD_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof ConfigException fault) {
                throw new ControlException(Code.BAD_CONFIGURATION, String.valueOf(fault.getMessage()));
            }
            throw new ControlException(Code.FAILED, String.valueOf(e.getCause()));
        } catch (TimeoutException e) {
            throw new ControlException(
                    Code.TIMEOUT, "the reload goes on, and takes more than " + RELOAD_SECONDS + " s");
        }
    }

    private static JsonElement logLevel(Request request) throws ControlException {
        String logger = request.text("logger").orElse(org.slf4j.Logger.ROOT_LOGGER_NAME);
        Optional<String> wanted = request.text("level");
        String level = wanted.isEmpty()
                ? LogLevels.of(logger)
                : LogLevels.set(logger, wanted.get())
                        .orElseThrow(() -> new ControlException(
                                Code.BAD_ARGUMENT,
                                "level: '" + wanted.get() + "' is none; allowed: " + String.join(", ", LogLevels.ALL)));
        JsonObject answer = new JsonObject();
        answer.addProperty("logger", logger);
        answer.addProperty("level", level);
        return answer;
    }

    private static <T> T done(CompletableFuture<T> future) throws ControlException, InterruptedException {
        try {
            return future.get(1, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new ControlException(Code.FAILED, "the counters cannot be read now");
        }
    }
}
