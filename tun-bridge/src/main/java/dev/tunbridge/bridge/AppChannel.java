package dev.tunbridge.bridge;

import java.util.concurrent.CompletionStage;

/** Application messages to the server: reliable, in order, ahead of all tunnelled traffic. Any thread. */
public interface AppChannel {

    /**
     * Sends one message. While the bridge is not connected, messages wait in a bounded queue ({@code app.queue-bytes}).
     *
     * @param topic 0 to 65535
     * @param payload copied before this returns
     * @return completes when the kernel has taken the message (not: when the server has it); fails with {@link
     *     dev.tunbridge.bridge.queue.QueueFullException}, with an {@link java.io.IOException} where the connection was
     *     lost while it was being written, or with {@link IllegalStateException} where the bridge is closed
     * @throws IllegalArgumentException for a topic or a length that no frame can carry
     */
    CompletionStage<Void> send(int topic, byte[] payload);
}
