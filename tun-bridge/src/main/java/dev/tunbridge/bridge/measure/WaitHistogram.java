package dev.tunbridge.bridge.measure;

import org.HdrHistogram.IntCountsHistogram;

/** Waits, in nanoseconds, to two significant digits from a microsecond to ten minutes. One thread; {@link #copy} for another. */
public final class WaitHistogram {
    private static final long UNIT_NANOS = 1_000;
    private static final long LONGEST = 600_000_000;

    private final IntCountsHistogram micros;

    public WaitHistogram() {
        this(new IntCountsHistogram(2));
        micros.setAutoResize(true); // most never see a long one
    }

    private WaitHistogram(IntCountsHistogram micros) {
        this.micros = micros;
    }

    public void record(long nanos) {
        micros.recordValue(Math.min(LONGEST, Math.max(0, nanos / UNIT_NANOS)));
    }

    /** As it is now. */
    public WaitHistogram copy() {
        return new WaitHistogram(micros.copy());
    }

    public long count() {
        return micros.getTotalCount();
    }

    /** All waits together, to the same precision. */
    public long totalNanos() {
        return Math.round(micros.getMean() * count() * UNIT_NANOS);
    }

    /** How many waited longer than that. */
    public long over(long nanos) {
        long unit = nanos / UNIT_NANOS;
        return unit >= LONGEST ? 0 : count() - micros.getCountBetweenValues(0, unit);
    }

    /** The wait that so many percent do not exceed; 0 where nothing was measured. */
    public long percentileNanos(double percent) {
        return count() == 0 ? 0 : micros.getValueAtPercentile(percent) * UNIT_NANOS;
    }
}
