package dev.tunbridge.sim.bench;

import java.util.concurrent.TimeUnit;

/** Bytes by tenths of a second: a tenth without a byte is a stall. One thread fills it, another reads it afterwards. */
final class StallBins {
    static final long BIN_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final long startNanos;
    private final long[] bytes;

    StallBins(long startNanos, long lengthNanos) {
        this.startNanos = startNanos;
        // A last part of a bin would count as a stall too easily.
        bytes = new long[Math.max(1, (int) (lengthNanos / BIN_NANOS))];
    }

    /** What arrives before the start or after the end does not count. */
    void add(long nowNanos, int count) {
        long elapsedNanos = nowNanos - startNanos;
        long bin = elapsedNanos / BIN_NANOS;
        if (elapsedNanos >= 0 && bin < bytes.length) {
            bytes[(int) bin] += count;
        }
    }

    long totalBytes() {
        long total = 0;
        for (long count : bytes) {
            total += count;
        }
        return total;
    }

    double megabitsPerSecond() {
        return totalBytes() * 8e3 / (bytes.length * (double) BIN_NANOS);
    }

    /** Of 1. */
    double stalledShare() {
        int stalled = 0;
        for (long count : bytes) {
            if (count == 0) {
                stalled++;
            }
        }
        return (double) stalled / bytes.length;
    }

    long longestStallNanos() {
        int longest = 0;
        int run = 0;
        for (long count : bytes) {
            run = count == 0 ? run + 1 : 0;
            longest = Math.max(longest, run);
        }
        return longest * BIN_NANOS;
    }
}
