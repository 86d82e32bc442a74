package dev.tunbridge.bridge.path;

/**
 * The shortest retransmission timeout for TCP inside the tunnel. A segment that the outer connection lost arrives after that
 * connection's own timeout and another round trip, and no inner sender should have given it up before. No clock, one thread.
 */
public final class RoutePolicy {
    /** The kernel's own; less makes it worse, because a timeout is the round trip and this. */
    static final int MINIMUM_MILLIS = 200;

    /** Longer, and an inner connection that lost something behind the tunnel would seem dead. */
    static final int MAXIMUM_MILLIS = 3_000;

    private static final int STEP_MILLIS = 20;
    private static final long NANOS_PER_MILLI = 1_000_000;
    private static final long MINIMUM_VARIATION_NANOS = 200 * NANOS_PER_MILLI;

    /** Up soon, down late: too long costs a wait now and then, too short sends everything twice. */
    private static final double UP = 1.15;

    private static final long UP_PAUSE_NANOS = 1_000_000_000;
    private static final double DOWN = 0.75;
    private static final long DOWN_PAUSE_NANOS = 10_000_000_000L;

    private int millis = MINIMUM_MILLIS;
    private long changedNanos;
    private long notLowerNanos;
    private boolean sampled;
    /** The longest that was wanted since a lower value was last due. */
    private int highest;

    /** What is wanted now, in milliseconds. */
    public int rtoMinMillis() {
        return millis;
    }

    /** Answers whether another value is wanted than before. */
    public boolean sample(PathSample sample) {
        if (sample.rttNanos() <= 0 || sample.rtoNanos() <= 0) {
            return false;
        }
        long now = sample.nowNanos();
        int wanted = wanted(sample);
        if (!sampled) {
            sampled = true;
            notLowerNanos = now;
            return change(wanted, now);
        }
        highest = Math.max(highest, wanted);
        if (wanted > millis * UP) {
            notLowerNanos = now;
            highest = 0;
            return now - changedNanos >= UP_PAUSE_NANOS && change(wanted, now);
        }
        if (wanted >= millis * DOWN) {
            notLowerNanos = now;
            highest = 0;
            return false;
        }
        if (now - notLowerNanos < DOWN_PAUSE_NANOS) {
            return false;
        }
        notLowerNanos = now;
        int lower = highest;
        highest = 0;
        return change(lower, now);
    }

    private boolean change(int next, long now) {
        if (next == millis) {
            return false;
        }
        millis = next;
        changedNanos = now;
        return true;
    }

    private static int wanted(PathSample sample) {
        // The kernel's timeout doubles while it gets no answer; what is meant here is the one that it starts with.
        long fresh = sample.rttNanos() + Math.max(MINIMUM_VARIATION_NANOS, 4 * sample.rttVariationNanos());
        long nanos = Math.min(sample.rtoNanos(), fresh) + sample.rttNanos();
        long steps = (nanos + STEP_MILLIS * NANOS_PER_MILLI - 1) / (STEP_MILLIS * NANOS_PER_MILLI);
        return (int) Math.max(MINIMUM_MILLIS, Math.min(MAXIMUM_MILLIS, steps * STEP_MILLIS));
    }
}
