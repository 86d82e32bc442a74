package dev.tunbridge.bridge.queue;

/** An application message was refused because too many wait already. */
public final class QueueFullException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public QueueFullException(int waitingBytes, int maxBytes) {
        super("application queue full: " + waitingBytes + " of " + maxBytes
                + " bytes wait to be sent (app.queue-bytes)");
    }
}
