package dev.tunbridge.bridge.control;

import com.google.gson.JsonElement;
import java.util.function.Consumer;

/** Does what requests ask for. Called by a thread for each client; may take its time. */
public interface ControlHandler {
    /**
     * Does one request.
     *
     * @param part takes what is told before the last answer, for a request that goes on, such as a watch; throws {@link
     *     java.io.UncheckedIOException} once the client has gone
     * @return the last answer
     */
    JsonElement handle(Peer peer, Request request, Consumer<JsonElement> part)
            throws ControlException, InterruptedException;
}
