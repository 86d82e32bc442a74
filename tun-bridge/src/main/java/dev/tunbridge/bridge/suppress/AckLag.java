package dev.tunbridge.bridge.suppress;

import java.util.concurrent.TimeUnit;

/**
 * How long after the outer acknowledgement the inner one of the same bytes comes: the way from the server to the client
 * and back, and the client's delay. Smoothed mean and deviation as in RFC 6298; the grace is their sum with four
 * deviations, because a mean alone would let half of the copies through.
 */
final class AckLag {
    /** Before the first sample: longer than any usual delayed acknowledgement. */
    private static final long UNKNOWN_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
    /** A timer of a local sender may tick between two of our looks. */
    private static final long LEAST_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
    /** The initial retransmission timeout (RFC 6298): who waits longer is believed. */
    private static final long MOST_NANOS = TimeUnit.SECONDS.toNanos(1);

    private long meanNanos = -1;
    private long deviationNanos;

    void sample(long lagNanos) {
        long lag = Math.min(Math.max(lagNanos, 0), MOST_NANOS);
        if (meanNanos < 0) {
            meanNanos = lag;
            deviationNanos = lag / 2;
            return;
        }
        deviationNanos += (Math.abs(lag - meanNanos) - deviationNanos) / 4;
        meanNanos += (lag - meanNanos) / 8;
    }

    /**
     * How long after the outer acknowledgement of a range a copy of it still counts as needless: at least as long as the
     * range has needed outside. After an outage the way back has to be repaired too, by the other end's timer, which has
     * been doubled as often.
     */
    long graceNanos(long outsideNanos) {
        return Math.max(graceNanos(), Math.min(outsideNanos, MOST_NANOS));
    }

    /** The same of a range that went through at once. */
    long graceNanos() {
        if (meanNanos < 0) {
            return UNKNOWN_NANOS;
        }
        return Math.min(Math.max(meanNanos + 4 * deviationNanos, LEAST_NANOS), MOST_NANOS);
    }
}
