package dev.tunbridge.sim.bench.measure;

import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

/**
 * Bytes by tenths of a second, or by other bins: a tenth without a byte is a stall. One thread fills it, another reads
 * it afterwards.
 */
public final class StallBins {
    public static final long BIN_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final long startNanos;
    private final long binNanos;
    private final long[] bytes;

    public StallBins(long startNanos, long lengthNanos) {
        this(startNanos, lengthNanos, BIN_NANOS);
    }

    public StallBins(long startNanos, long lengthNanos, long binNanos) {
        this.startNanos = startNanos;
        this.binNanos = binNanos;
        // A last part of a bin would count as a stall too easily.
        bytes = new long[Math.max(1, (int) (lengthNanos / binNanos))];
    }

    /** What arrives before the start or after the end does not count. */
    public void add(long nowNanos, int count) {
        long elapsedNanos = nowNanos - startNanos;
        long bin = elapsedNanos / binNanos;
        if (elapsedNanos >= 0 && bin < bytes.length) {
            bytes[(int) bin] += count;
        }
    }

    public long startNanos() {
        return startNanos;
    }

    public long binNanos() {
        return binNanos;
    }

    public int count() {
        return bytes.length;
    }

    public long totalBytes() {
        return bytesBetween(0, bytes.length);
    }

    public double megabitsPerSecond() {
        return megabitsPerSecond(0, bytes.length);
    }

    /** The mean of whole bins, the first to the one before the last. */
    public double megabitsPerSecond(int first, int last) {
        return bytesBetween(first, last) * 8e3 / ((last - first) * (double) binNanos);
    }

    /** The bin of this moment, or the nearest that there is. */
    public int binAt(long nanos) {
        return (int) Math.max(0, Math.min(bytes.length - 1, (nanos - startNanos) / binNanos));
    }

    /**
     * How long it takes from a moment on until a rate is there, for a window at least: to the beginning of the first
     * such window.
     *
     * @return nanoseconds, in whole bins; empty if it is not there before the end
     */
    public OptionalLong nanosUntil(double megabitsPerSecond, long fromNanos, long windowNanos) {
        int window = Math.max(1, (int) (windowNanos / binNanos));
        int from = binAt(fromNanos);
        for (int bin = from; bin + window <= bytes.length; bin++) {
            if (megabitsPerSecond(bin, bin + window) >= megabitsPerSecond) {
                return OptionalLong.of((bin - from) * binNanos);
            }
        }
        return OptionalLong.empty();
    }

    /** Of 1. */
    public double stalledShare() {
        int stalled = 0;
        for (long count : bytes) {
            if (count == 0) {
                stalled++;
            }
        }
        return (double) stalled / bytes.length;
    }

    public long longestStallNanos() {
        int longest = 0;
        int run = 0;
        for (long count : bytes) {
            run = count == 0 ? run + 1 : 0;
            longest = Math.max(longest, run);
        }
        return longest * binNanos;
    }

    private long bytesBetween(int first, int last) {
        long total = 0;
        for (int bin = first; bin < last; bin++) {
            total += bytes[bin];
        }
        return total;
    }
}
