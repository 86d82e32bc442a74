package dev.tunbridge.bridge.queue;

import java.util.concurrent.TimeUnit;

/**
 * CoDel's two times (RFC 8289 section 3.2), which follow the path: the interval is a round trip in which a sender can have
 * answered a signal, the target a twentieth of it, and never less than the time of two packets, since a queue of one packet is
 * none that could be shorter.
 */
class CodelTiming {
    static final long LEAST_INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    static final long LEAST_TARGET_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private static final long INTERVAL_BY_TARGET = 20;
    private static final long TARGET_PACKETS = 2;

    private long intervalNanos = LEAST_INTERVAL_NANOS;
    private long targetNanos = LEAST_TARGET_NANOS;
    private long bytesPerSecond;

    /**
     * Follows the path.
     *
     * @param rttNanos its round trip, 0 where it is not known
     * @param bytesPerSecond what it delivers, 0 where it is not known
     * @param packetBytes the largest packet
     */
    void follow(long rttNanos, long bytesPerSecond, int packetBytes) {
        this.bytesPerSecond = bytesPerSecond;
        intervalNanos = Math.max(LEAST_INTERVAL_NANOS, rttNanos);
        targetNanos = Math.max(
                TARGET_PACKETS * sendingNanos(packetBytes),
                Math.max(LEAST_TARGET_NANOS, intervalNanos / INTERVAL_BY_TARGET));
    }

    long intervalNanos() {
        return intervalNanos;
    }

    long targetNanos() {
        return targetNanos;
    }

    /**
     * How much of a gap between two pulls counts, where the path needs {@code busyNanos} for what has been pulled: those, and a
     * quarter of the interval, for a path that sends in bursts. So no pause alone fills an interval, and that also where the rate is
     * not known.
     */
    long gapNanos(long busyNanos) {
        long burst = intervalNanos / 4;
        return bytesPerSecond == 0 ? intervalNanos - burst : busyNanos + burst;
    }

    /** What the path needs to send so much; 0 where its rate is not known. */
    long sendingNanos(int bytes) {
        return bytesPerSecond == 0 ? 0 : bytes * TimeUnit.SECONDS.toNanos(1) / bytesPerSecond;
    }
}
