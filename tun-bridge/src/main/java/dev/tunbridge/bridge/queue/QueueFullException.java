package dev.tunbridge.bridge.queue;

/** What the application sends was refused because too much waits already. */
public final class QueueFullException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public QueueFullException(int waitingBytes, int maxBytes) {
        this("app.queue-bytes", waitingBytes, maxBytes);
    }

    /** @param key the setting that bounds it */
    public QueueFullException(String key, int waitingBytes, int maxBytes) {
        super("application queue full: " + waitingBytes + " of " + maxBytes + " bytes wait to be sent (" + key + ")");
    }
}
