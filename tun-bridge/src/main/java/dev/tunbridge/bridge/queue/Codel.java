package dev.tunbridge.bridge.queue;

/**
 * The state of CoDel for one flow queue (RFC 8289 section 5), asked about each packet that leaves. It says whether a signal is
 * due; the caller marks or drops, and says whether it did. All times are of the {@link ServiceClock}.
 */
final class Codel {
    /** So many intervals after the last signal the frequency that was reached is still a good guess (RFC 8289 section 5.5). */
    private static final int MEMORY_INTERVALS = 16;

    private final CodelTiming timing;
    private boolean signalling;
    private boolean above;
    private long aboveUntilNanos;
    private long nextNanos;
    private int count;
    private int lastCount;

    Codel(CodelTiming timing) {
        this.timing = timing;
    }

    /** For another flow. */
    void reset() {
        emptied();
        count = 0;
        lastCount = 0;
        nextNanos = 0;
    }

    /** Nothing is left in the queue. */
    void emptied() {
        signalling = false;
        above = false;
    }

    /**
     * Whether the packet that is about to leave should carry a signal.
     *
     * @param sojournNanos how long it has waited
     * @param bytesBehind what still waits behind it
     * @param packetBytes the largest packet: a queue of no more than one is not one that could be shorter
     */
    boolean isSignalDue(long sojournNanos, int bytesBehind, int packetBytes, long nowNanos) {
        boolean stands = stands(sojournNanos, bytesBehind, packetBytes, nowNanos);
        if (!stands) {
            signalling = false;
            return false;
        }
        return !signalling || nowNanos - nextNanos >= 0;
    }

    /** The signal that was due has been given. */
    void signalled(long nowNanos) {
        if (signalling) {
            count++;
            nextNanos += gapNanos();
            return;
        }
        signalling = true;
        int gained = count - lastCount;
        boolean isRecent = nowNanos - nextNanos < MEMORY_INTERVALS * timing.intervalNanos();
        count = gained > 1 && isRecent ? gained : 1;
        lastCount = count;
        nextNanos = nowNanos + gapNanos();
    }

    /** Whether the sojourn has been above the target for an interval. */
    private boolean stands(long sojournNanos, int bytesBehind, int packetBytes, long nowNanos) {
        if (sojournNanos < timing.targetNanos() || bytesBehind <= packetBytes) {
            above = false;
            return false;
        }
        if (!above) {
            above = true;
            aboveUntilNanos = nowNanos + timing.intervalNanos();
            return false;
        }
        return nowNanos - aboveUntilNanos >= 0;
    }

    /** The control law: a sender's rate falls with the square root of its losses. */
    private long gapNanos() {
        return (long) (timing.intervalNanos() / Math.sqrt(count));
    }
}
