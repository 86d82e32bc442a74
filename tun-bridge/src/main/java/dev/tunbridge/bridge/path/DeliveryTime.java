package dev.tunbridge.bridge.path;

import java.util.concurrent.TimeUnit;

/**
 * How long the outer connection takes from a write until all of it is acknowledged, with the repair of what was lost
 * before it: for the local senders this is the round trip, not the one that the kernel measures on segments that
 * arrive. Mean and mean deviation, both forgetting over a second and eight deliveries at least. No clock, one thread.
 *
 * <p>The deviation says how bursty the connection is. On a clean path it is a few milliseconds; where losses come in
 * bursts it is of the order of the round trip, for a segment that repairs a hole lets go at once what waited behind it.
 * A queue that such a connection fills and empties is not one that a sender keeps up.
 */
public final class DeliveryTime {
    private static final long LEAST_MEMORY_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final int DELIVERIES_REMEMBERED = 8;
    /** A mark each 10 ms for ten seconds; while more are under way, none are set. */
    private static final int MARKS = 1024;

    /** Doubled until it is that: a connection that keeps up has few. */
    private static final int FIRST_MARKS = 64;

    private long[] offsets = new long[FIRST_MARKS];
    private long[] times = new long[FIRST_MARKS];
    private int first;
    private int count;
    private boolean known;
    private double mean;
    private double deviation;
    private long lastNanos;

    /**
     * Looks once; each 10 ms is often enough.
     *
     * @param writtenOffset bytes written to the connection so far
     * @param ackedOffset bytes acknowledged so far
     */
    public void sample(long nowNanos, long writtenOffset, long ackedOffset) {
        long newest = count == 0 ? ackedOffset : offsets[at(count - 1)];
        while (count > 0 && offsets[first] <= ackedOffset) {
            take(nowNanos - times[first], times[first]);
            first = at(1);
            count--;
        }
        if (writtenOffset > newest && writtenOffset > ackedOffset && count < MARKS) {
            if (count == offsets.length) {
                grow();
            }
            int next = at(count);
            offsets[next] = writtenOffset;
            times[next] = nowNanos;
            count++;
        }
    }

    private int at(int age) {
        return (first + age) % offsets.length;
    }

    private void grow() {
        long[] moreOffsets = new long[2 * count];
        long[] moreTimes = new long[2 * count];
        for (int age = 0; age < count; age++) {
            moreOffsets[age] = offsets[at(age)];
            moreTimes[age] = times[at(age)];
        }
        offsets = moreOffsets;
        times = moreTimes;
        first = 0;
    }

    /** Each counts as long as no other was written. */
    private void take(long nanos, long writtenNanos) {
        if (!known) {
            known = true;
            mean = nanos;
            deviation = 0;
        } else {
            double memory = Math.max((double) LEAST_MEMORY_NANOS, DELIVERIES_REMEMBERED * mean);
            double weight = Math.min(1, (writtenNanos - lastNanos) / memory);
            deviation += (Math.abs(nanos - mean) - deviation) * weight;
            mean += (nanos - mean) * weight;
        }
        lastNanos = writtenNanos;
    }

    /** 0 while nothing is known. */
    public long meanNanos() {
        return (long) mean;
    }

    /** Mean deviation from the mean; 0 while nothing is known. */
    public long deviationNanos() {
        return (long) deviation;
    }

    /** For another connection. */
    public void reset() {
        first = 0;
        count = 0;
        known = false;
        mean = 0;
        deviation = 0;
    }
}
