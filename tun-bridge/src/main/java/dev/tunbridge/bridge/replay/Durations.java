package dev.tunbridge.bridge.replay;

import org.HdrHistogram.Histogram;

/** Any number of durations in little memory: percentiles to two digits; count, total and maximum exact. */
final class Durations {
    private static final int DIGITS = 2;

    private final Histogram nanos = new Histogram(DIGITS);
    private long totalNanos;
    private long maxNanos;

    /** A negative one counts as none: stamps of several interfaces may be out of order. */
    void add(long duration) {
        long counted = Math.max(0, duration);
        nanos.recordValue(counted);
        totalNanos += counted;
        maxNanos = Math.max(maxNanos, counted);
    }

    DurationReport report() {
        return new DurationReport(
                nanos.getTotalCount(), totalNanos, percentile(50), percentile(95), percentile(99), maxNanos);
    }

    private long percentile(double percent) {
        return nanos.getTotalCount() == 0 ? 0 : Math.min(maxNanos, nanos.getValueAtPercentile(percent));
    }
}
