package dev.tunbridge.sim.wire;

import java.util.Arrays;

/** How long the datagrams of one stream waited after the wire. */
public final class Waits {
    /** A stream of which more than this is not found on the wire was not seen well enough to be judged. */
    private static final double MAX_SHARE_UNSEEN = 0.01;

    private final int arrived;
    private final long[] sortedNanos;

    /**
     * @param arrived datagrams that came out of the tunnel
     * @param nanos the waits of those that were also found on the wire
     */
    Waits(int arrived, long[] nanos) {
        this.arrived = arrived;
        sortedNanos = nanos.clone();
        Arrays.sort(sortedNanos);
    }

    /** Whether nearly all that came out was found on the wire; not so where the tunnel encrypts or escapes. */
    public boolean isMeasured() {
        return arrived > 0 && arrived - sortedNanos.length <= MAX_SHARE_UNSEEN * arrived;
    }

    public int count() {
        return sortedNanos.length;
    }

    /** How many waited longer than this. */
    public int over(long nanos) {
        return (int) Arrays.stream(sortedNanos).filter(wait -> wait > nanos).count();
    }

    /** The shortest wait that this share did not exceed; 0 without any. */
    public long percentileNanos(double percent) {
        if (sortedNanos.length == 0) {
            return 0;
        }
        int rank = (int) Math.ceil(percent / 100 * sortedNanos.length);
        return sortedNanos[Math.min(sortedNanos.length, Math.max(1, rank)) - 1];
    }
}
