package dev.tunbridge.bridge.queue;

import dev.tunbridge.protocol.message.Message;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Application messages that wait for the outer connection. They survive a reconnect: what has not been written stays
 * here for the next connection. Bounded; a message over the bound is refused and its sender told. Loop thread only.
 */
public final class AppOutbox {

    /** What a message costs besides its payload, so that empty messages are bounded too. */
    private static final int ENTRY_BYTES = 64;

    private final Queue<Entry> entries = new ArrayDeque<>();
    private final int maxBytes;
    private int bytes;

    public AppOutbox(int maxBytes) {
        this.maxBytes = maxBytes;
    }

    /**
     * A message and the promise to its sender.
     *
     * @param written completes when the kernel has taken the message
     */
    public record Entry(Message.App message, CompletableFuture<Void> written) {
        /** Bytes that it counts for. */
        public int cost() {
            return ENTRY_BYTES + message.content().length();
        }
    }

    /** Takes the message, or fails its promise with a {@link QueueFullException}. */
    public void offer(Entry entry) {
        if (bytes + entry.cost() > maxBytes) {
            entry.written().completeExceptionally(new QueueFullException(bytes, maxBytes));
            return;
        }
        bytes += entry.cost();
        entries.add(entry);
    }

    public @Nullable Entry poll() {
        Entry entry = entries.poll();
        if (entry != null) {
            bytes -= entry.cost();
        }
        return entry;
    }

    public boolean isEmpty() {
        return entries.isEmpty();
    }

    public int messages() {
        return entries.size();
    }

    /** Fails everything that still waits: the bridge is closing. */
    public void failAll(Throwable cause) {
        for (Entry entry = poll(); entry != null; entry = poll()) {
            entry.written().completeExceptionally(cause);
        }
    }
}
