package dev.tunbridge.bridge.queue;

import java.util.concurrent.TimeUnit;

/**
 * CoDel's two times (RFC 8289 section 3.2), which follow the path: the interval is a round trip in which a sender can
 * have answered a signal, and that includes the outer connection's repairs; the target is a twentieth of it, and never
 * less than the time of two packets, since a queue of one packet is none that could be shorter, nor less than the
 * connection's own bursts, which fill a queue that no sender keeps up. While the connection still grows there is no
 * target: a signal would end the senders' growth at what the connection happens to deliver, not at what the path takes.
 */
class CodelTiming {
    static final long LEAST_INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    static final long LEAST_TARGET_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private static final long INTERVAL_BY_TARGET = 20;
    private static final long TARGET_PACKETS = 2;
    /** Of the mean: as many as a retransmission timer takes for nearly all that happens (RFC 6298). */
    private static final long DEVIATIONS = 4;

    /** Longer than anything waits. */
    private static final long NEVER_NANOS = TimeUnit.HOURS.toNanos(1);

    private long intervalNanos = LEAST_INTERVAL_NANOS;
    private long targetNanos = LEAST_TARGET_NANOS;
    private long bytesPerSecond;

    /**
     * Follows the path.
     *
     * @param packetBytes the largest packet
     */
    void follow(OuterPath path, int packetBytes) {
        bytesPerSecond = path.bytesPerSecond();
        intervalNanos = Math.max(LEAST_INTERVAL_NANOS, path.deliveryNanos());
        if (path.phase() == OuterPath.Phase.GROWING) {
            targetNanos = NEVER_NANOS;
            return;
        }
        long least = Math.max(LEAST_TARGET_NANOS, TARGET_PACKETS * sendingNanos(packetBytes));
        long bursts = Math.min(DEVIATIONS * path.deviationNanos(), intervalNanos);
        targetNanos = Math.max(least, Math.max(bursts, intervalNanos / INTERVAL_BY_TARGET));
    }

    long intervalNanos() {
        return intervalNanos;
    }

    long targetNanos() {
        return targetNanos;
    }

    /**
     * How much of a gap between two pulls counts, where the path needs {@code busyNanos} for what has been pulled:
     * those, and a quarter of the interval, for a path that sends in bursts. So no pause alone fills an interval, and
     * that also where the rate is not known.
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
