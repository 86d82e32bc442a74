package dev.tunbridge.bridge.service;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.tunbridge.bridge.control.ControlClient;
import dev.tunbridge.bridge.control.ControlException;
import java.io.IOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which service a command asks, and how its answers become words and exit codes. */
final class ControlOptions {
    /** A service answers in milliseconds; a reload waits for goodbyes. */
    static final long ANSWER_MILLIS = 70_000;

    private static final String VARIABLE = "TUNBRIDGE_CONTROL";

    @Option(
            names = "--control",
            paramLabel = "PATH",
            description =
                    "The service's control socket (default: $TUNBRIDGE_CONTROL, else /run/tunbridge/control.sock).")
    private @Nullable Path given;

    /** Where the service listens. */
    Path path() {
        Path path = given;
        if (path != null) {
            return path;
        }
        String variable = System.getenv(VARIABLE);
        return variable == null || variable.isEmpty() ? ControlClient.USUAL_PATH : Path.of(variable);
    }

    /**
     * Asks one thing.
     *
     * @throws ServiceException if there is no service, or it did not do it
     */
    JsonObject ask(String command, JsonObject arguments) {
        return ask(command, arguments, ANSWER_MILLIS, part -> {});
    }

    JsonObject ask(String command, JsonObject arguments, long millis, Consumer<JsonElement> part) {
        try (ControlClient client = connect()) {
            return client.ask(command, arguments, millis, part).getAsJsonObject();
        } catch (ControlException e) {
            throw new ServiceException(exitCode(e.code()), String.valueOf(e.getMessage()), e);
        } catch (SocketTimeoutException e) {
            throw new ServiceException(ExitCode.UNAVAILABLE, "the service at " + path() + " does not answer", e);
        } catch (IOException e) {
            throw new ServiceException(
                    ExitCode.UNAVAILABLE, "the service at " + path() + " has gone: " + e.getMessage(), e);
        }
    }

    private ControlClient connect() {
        Path path = path();
        try {
            return ControlClient.connect(path);
        } catch (SocketException e) {
            boolean isThere = Files.exists(path);
            String message = String.valueOf(e.getMessage());
            if (message.contains("Permission denied")) {
                throw new ServiceException(ExitCode.NOT_PERMITTED, "you may not ask the service at " + path, e);
            }
            throw new ServiceException(
                    ExitCode.UNAVAILABLE,
                    isThere ? "no service listens at " + path + " any more" : "no service listens at " + path,
                    e);
        } catch (IOException | UnsupportedOperationException e) {
            throw new ServiceException(
                    ExitCode.UNAVAILABLE, "cannot ask the service at " + path + ": " + e.getMessage(), e);
        }
    }

    private static int exitCode(ControlException.Code code) {
        return switch (code) {
            case NOT_PERMITTED -> ExitCode.NOT_PERMITTED;
            case BAD_CONFIGURATION, BAD_ARGUMENT, UNKNOWN_TUNNEL, UNKNOWN_COMMAND -> ExitCode.USAGE;
            case BUSY, VERSION -> ExitCode.UNAVAILABLE;
            case TIMEOUT, FAILED, BAD_REQUEST -> ExitCode.FAILED;
        };
    }

    /** Arguments with the tunnel, where one is named. */
    static JsonObject arguments(@Nullable String tunnel) {
        JsonObject arguments = new JsonObject();
        if (tunnel != null) {
            arguments.addProperty("tunnel", tunnel);
        }
        return arguments;
    }

    /** A service that is not there, or did not do what it was asked. */
    static final class ServiceException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final int exitCode;

        ServiceException(int exitCode, String message, Throwable cause) {
            super(message, Objects.requireNonNull(cause));
            this.exitCode = exitCode;
        }

        int exitCode() {
            return exitCode;
        }
    }
}
