package dev.tunbridge.bridge.control;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.tunbridge.bridge.control.ControlException.Code;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Consumer;

/** Asks a service. Of one thread; one request after the other. */
public final class ControlClient implements AutoCloseable {
    /** Where a service listens unless it was told otherwise. */
    public static final Path USUAL_PATH = Path.of("/run/tunbridge/control.sock");

    /** With 200 tunnels a status has some 600 KiB. */
    private static final int MOST_ANSWER_BYTES = 64 << 20;

    private static final long WRITE_MILLIS = 5_000;

    private final Line line;
    private long lastId;

    private ControlClient(Line line) {
        this.line = line;
    }

    /** Connects to the service that listens there. */
    public static ControlClient connect(Path path) throws IOException {
        SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(path));
        try {
            return new ControlClient(new Line(channel, MOST_ANSWER_BYTES));
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    /**
     * Asks, and waits for the answer.
     *
     * @param millis that each line of the answer may take
     * @param part takes what comes before the last answer
     * @throws ControlException if the service did not do it
     * @throws IOException if it has gone
     */
    public JsonElement ask(String command, JsonObject arguments, long millis, Consumer<JsonElement> part)
            throws IOException {
        Request request = new Request(++lastId, command, arguments);
        line.write(request.line(), WRITE_MILLIS);
        while (true) {
            JsonObject answer = parse(line.read(millis).orElseThrow(() -> new IOException("the service has gone")));
            if (answer.has("error")) {
                JsonObject error = answer.getAsJsonObject("error");
                throw new ControlException(
                        code(error.get("code").getAsString()),
                        error.get("message").getAsString());
            }
            if (answer.has("result")) {
                return answer.get("result");
            }
            part.accept(answer.get("part"));
        }
    }

    private static JsonObject parse(String line) throws IOException {
        try {
            return JsonParser.parseString(line).getAsJsonObject();
        } catch (JsonParseException | IllegalStateException e) {
            throw new IOException("the service answers with what is not JSON", e);
        }
    }

    /** A code that only a later service knows is a failure. */
    private static Code code(String spelling) {
        try {
            return Code.valueOf(spelling.toUpperCase(Locale.ROOT).replace('-', '_'));
        } catch (IllegalArgumentException e) {
            return Code.FAILED;
        }
    }

    @Override
    public void close() throws IOException {
        line.close();
    }
}
