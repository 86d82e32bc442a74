package dev.tunbridge.bridge.queue;

/**
 * What is known of the outer connection that empties the queue.
 *
 * @param deliveryNanos how long it takes to deliver, with its repairs; 0 where it is not known
 * @param deviationNanos by how much that differs from time to time; 0 where it is not known
 * @param bytesPerSecond what it delivers; 0 where it is not known
 * @param phase whether that is what the path takes
 */
public record OuterPath(long deliveryNanos, long deviationNanos, long bytesPerSecond, Phase phase) {

    /** Before anything was measured. */
    public static final OuterPath UNKNOWN = new OuterPath(0, 0, 0, Phase.SETTLED);

    /** Where the outer connection is with finding out what the path takes. */
    public enum Phase {
        /** It still delivers more from round trip to round trip: what waits does so for this connection, not for the path. */
        GROWING,
        SETTLED
    }

    public OuterPath {
        require("deliveryNanos", deliveryNanos);
        require("deviationNanos", deviationNanos);
        require("bytesPerSecond", bytesPerSecond);
    }

    private static void require(String name, long value) {
        if (value < 0) {
            throw new IllegalArgumentException(name + ": " + value + " is not valid; allowed: 0 (not known) and more");
        }
    }
}
