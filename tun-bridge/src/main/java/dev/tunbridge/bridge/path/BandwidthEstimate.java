package dev.tunbridge.bridge.path;

/**
 * What the outer connection can deliver, and what it does deliver, in bytes per second. The first follows the kernel's
 * delivery rate up within a round trip and down slowly, except where packets wait: then the rate is the path's, and it
 * goes down as fast. The second is what was acknowledged lately, whatever limits it. No clock, one thread.
 */
public final class BandwidthEstimate {
    /** Long enough for the frames of a video, which come in bursts every 33 ms, to count with their pauses. */
    private static final long MINIMUM_WINDOW_NANOS = 100_000_000;

    private static final double NANOS_PER_SECOND = 1e9;
    private static final double GROWTH_THAT_COUNTS = 1.25;
    private static final int SLOW_ROUND_TRIPS = 16;
    private static final int ROUND_TRIPS_WITHOUT_GROWTH = 3;

    private double bandwidth;
    private double throughput;
    private boolean started;
    private long lastNanos;
    private long lastAcked;
    private long freshNanos;
    private long windowStartNanos;
    private long windowAcked;
    private double grownTo;
    private long grownNanos;

    /** Whether more waits for the connection than keeps it busy. */
    public enum Backlog {
        SHORT,
        LONG
    }

    public void sample(PathSample sample, long rttNanos, Backlog backlog) {
        long now = sample.nowNanos();
        if (!started) {
            started = true;
            freshNanos = now;
            windowStartNanos = now;
            grownNanos = now;
        } else {
            long acked = Math.max(0, sample.bytesAcked() - lastAcked);
            if (acked > 0) {
                follow(sample, now - freshNanos, rttNanos, backlog);
                freshNanos = now;
            }
            count(acked, now, rttNanos);
        }
        lastNanos = now;
        lastAcked = sample.bytesAcked();
    }

    private void follow(PathSample sample, long elapsedNanos, long rttNanos, Backlog backlog) {
        double rate = sample.deliveryRate();
        if (rate <= 0) {
            return; // no round trip yet, or a kernel that does not report it
        }
        double roundTrips = (double) elapsedNanos / rttNanos;
        if (bandwidth == 0) {
            bandwidth = rate;
        } else if (rate >= bandwidth) {
            bandwidth += (rate - bandwidth) * Math.min(1, roundTrips);
        } else if (sample.limit() == PathSample.Limit.PATH) {
            // Kernel keeps the rate of the last round trip that was limited by the path, which may be long ago.
            double weight = backlog == Backlog.LONG ? roundTrips / 2 : roundTrips / SLOW_ROUND_TRIPS;
            bandwidth += (rate - bandwidth) * Math.min(1, weight);
        }
        if (bandwidth > grownTo * GROWTH_THAT_COUNTS) {
            grownTo = bandwidth;
            grownNanos = sample.nowNanos();
        }
    }

    private void count(long acked, long now, long rttNanos) {
        windowAcked += acked;
        long window = now - windowStartNanos;
        if (window >= Math.max(MINIMUM_WINDOW_NANOS, 2 * rttNanos)) {
            throughput = windowAcked * NANOS_PER_SECOND / window;
            windowAcked = 0;
            windowStartNanos = now;
        }
    }

    /** Bytes per second; 0 while nothing is known. */
    double bandwidth() {
        return bandwidth;
    }

    /** Bytes per second acknowledged over the last window of two round trips. */
    double throughput() {
        return throughput;
    }

    /** Whether slow start is over: three round trips without a quarter more. A sender in slow start must not be held back. */
    public boolean isSettled(long nowNanos, long rttNanos) {
        return bandwidth > 0 && nowNanos - grownNanos >= ROUND_TRIPS_WITHOUT_GROWTH * rttNanos;
    }

    /** Since when nothing has been acknowledged. */
    long silentNanos() {
        return lastNanos - freshNanos;
    }
}
