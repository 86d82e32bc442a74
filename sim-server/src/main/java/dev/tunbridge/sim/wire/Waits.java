package dev.tunbridge.sim.wire;

import java.util.Arrays;

/** How long the datagrams of one stream waited after the wire. */
public final class Waits {
    /** A stream of which more than this is not found on the wire was not seen well enough to be judged. */
    private static final double MAX_SHARE_UNSEEN = 0.01;

    /** In place of a wait: the datagram did not come out, or was not found on the wire. */
    static final long UNKNOWN = -1;

    private final int arrived;
    private final long[] nanos;
    private final long[] sortedNanos;

    /**
     * @param arrived datagrams that came out of the tunnel
     * @param nanos the wait of each datagram by its number, or {@link #UNKNOWN}
     */
    Waits(int arrived, long[] nanos) {
        this.arrived = arrived;
        this.nanos = nanos.clone();
        sortedNanos =
                Arrays.stream(nanos).filter(wait -> wait != UNKNOWN).sorted().toArray();
    }

    /** How long this datagram waited; 0 where that is not known. */
    public long nanosOf(int number) {
        return Math.max(0, nanos[number]);
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
