package dev.tunbridge.bridge.replay;

/**
 * Any number of durations in little memory: buckets of an eighth of a power of two, so a percentile is at most an eighth above what it
 * was; count, total and maximum are exact.
 */
final class Durations {
    private static final int STEP_BITS = 3;
    private static final int BUCKETS = 64 << STEP_BITS;

    private final long[] buckets = new long[BUCKETS];
    private long count;
    private long totalNanos;
    private long maxNanos;

    void add(long nanos) {
        long counted = Math.max(0, nanos);
        buckets[bucket(counted)]++;
        count++;
        totalNanos += counted;
        maxNanos = Math.max(maxNanos, counted);
    }

    DurationReport report() {
        return new DurationReport(count, totalNanos, percentile(50), percentile(95), percentile(99), maxNanos);
    }

    private long percentile(int percent) {
        long rank = Math.max(1, (count * percent + 99) / 100);
        long passed = 0;
        for (int bucket = 0; bucket < BUCKETS; bucket++) {
            passed += buckets[bucket];
            if (passed >= rank) {
                return Math.min(maxNanos, highestOf(bucket));
            }
        }
        return 0;
    }

    /** Values below 16 have a bucket each; above, the power of two and the three bits behind its first. */
    private static int bucket(long nanos) {
        int power = 63 - Long.numberOfLeadingZeros(Math.max(1, nanos));
        if (power <= STEP_BITS) {
            return (int) nanos;
        }
        int shift = power - STEP_BITS;
        return (shift << STEP_BITS) + (int) (nanos >>> shift);
    }

    private static long highestOf(int bucket) {
        if (bucket < 2 << STEP_BITS) {
            return bucket;
        }
        int shift = (bucket >>> STEP_BITS) - 1;
        long mantissa = bucket - ((long) shift << STEP_BITS);
        return ((mantissa + 1) << shift) - 1;
    }
}
