package dev.tunbridge.reassembly.capture;

import java.time.Instant;

/**
 * Brings stamps of the kernel's real-time clock to the scale of {@link System#nanoTime}. Somebody may set that clock at
 * any time, so the difference between the two is measured again and again, and a stamp never leaves the time in which
 * the packet can have come.
 */
public final class KernelClock {
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    /** Two clocks read one after the other, with no interruption in between, are read within this. */
    private static final long UNDISTURBED_NANOS = 20_000;

    /** The clocks drift by 5 us in this time at most (adjtimex: 500 ppm). */
    private static final long GOOD_FOR_NANOS = 10_000_000;

    private long offsetNanos;
    private boolean measured;
    private long measuredNanos;
    private long nowNanos;
    private long notBeforeNanos = System.nanoTime();

    KernelClock() {}

    /**
     * What to add to a time of {@link System#nanoTime} for nanoseconds since 1970, by the real-time clock as it is set
     * now. Whoever writes a file asks once, so that its stamps stay in order when somebody sets the clock.
     */
    public static long epochOffsetNanos() {
        KernelClock clock = new KernelClock();
        clock.sample();
        return -clock.offsetNanos;
    }

    /** Called before stamps are converted; {@link #nowNanos} is that moment. */
    void sample() {
        nowNanos = System.nanoTime();
        if (!measured || nowNanos - measuredNanos > GOOD_FOR_NANOS) {
            measure();
        }
    }

    private void measure() {
        long before = nowNanos;
        Instant realTime = Instant.now();
        nowNanos = System.nanoTime();
        if (!measured || nowNanos - before < UNDISTURBED_NANOS) {
            offsetNanos = nowNanos - (realTime.getEpochSecond() * NANOS_PER_SECOND + realTime.getNano());
            measured = true;
            measuredNanos = nowNanos;
        }
    }

    long nowNanos() {
        return nowNanos;
    }

    /** Nothing was waiting at the last {@link #sample}: what comes now came later. */
    void emptied() {
        notBeforeNanos = nowNanos;
    }

    long toNanoTime(int seconds, int nanos) {
        long converted = Integer.toUnsignedLong(seconds) * NANOS_PER_SECOND + nanos + offsetNanos;
        if (converted - nowNanos > 0) {
            return nowNanos;
        }
        return converted - notBeforeNanos < 0 ? notBeforeNanos : converted;
    }
}
