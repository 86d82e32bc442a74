package dev.tunbridge.bridge.net;

import java.util.concurrent.TimeUnit;

/**
 * Brings the outer connection's BBR out of its startup when the path is full.
 *
 * <p>BBR (v1) paces at 2.89 times its estimate until that has not grown for three round trips, of which only those
 * count in which the application always had more to send ({@code bbr_check_full_bw_reached} in net/ipv4/tcp_bbr.c). In
 * a tunnel this may never happen: the local senders' own windows and pacing bound what there is to send, each round
 * trip is "limited by the application", and a connection that is forever in startup lets the whole of those windows
 * stand in the buffer of the path, first come first served. So where the delivery has not grown for three of the path's
 * shortest round trips while a queue stands outside, the socket's pacing is limited to a little less than it has
 * delivered. What is too much then waits here; BBR sees a full path, drains the buffer outside and goes on as designed;
 * the limit is lifted again. No clock, one thread.
 */
public final class StartupExit {
    private static final double STARTUP_GAIN = 2;
    private static final double GROWTH_THAT_COUNTS = 1.25;
    private static final double STANDING_QUEUE = 1.25;
    private static final int ROUND_TRIPS_WITHOUT_GROWTH = 3;

    /** Less than the senders send, so that something always waits here. */
    private static final double HELD_SHARE = 0.9;

    /** It takes six or seven round trips, some longer by what stands outside. */
    private static final int MOST_ROUND_TRIPS = 20;

    private static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(3);

    private static final int NO_LIMIT = -1;

    private long most;
    private double grownTo;
    /** Since when it has not grown, while a queue stood outside. */
    private long sinceNanos;

    private boolean held;
    private long changedNanos;
    private long mayHoldNanos;
    private boolean hasTried;
    private int pacingRate = NO_LIMIT;

    /** What {@code SO_MAX_PACING_RATE} shall be: bytes per second, or -1 for no limit. */
    public int pacingRate() {
        return pacingRate;
    }

    /** Whether the socket is limited now; what waits meanwhile waits for that. */
    public boolean isHolding() {
        return held;
    }

    /**
     * Takes what was measured, once for each round trip or more often.
     *
     * @param pacingGain of BBR; 0 where the connection has another congestion control
     * @param repairing whether a loss is being repaired: then neither rate nor round trip tell of a queue
     * @return whether {@link #pacingRate} is another than before
     */
    public boolean sample(PathSample sample, double pacingGain, boolean repairing) {
        long now = sample.nowNanos();
        boolean isStartup = pacingGain > STARTUP_GAIN;
        if (held) {
            return (!isStartup || now - changedNanos > MOST_ROUND_TRIPS * sample.rttNanos()) && release(now);
        }
        if (!isStartup || sample.deliveryRate() <= 0 || sample.minimumRttNanos() <= 0) {
            return false;
        }
        most = Math.max(most, sample.deliveryRate());
        boolean hasGrown = most >= grownTo * GROWTH_THAT_COUNTS;
        if (hasGrown) {
            grownTo = most;
        }
        if (hasGrown || repairing || sample.rttNanos() < STANDING_QUEUE * sample.minimumRttNanos()) {
            sinceNanos = now;
            return false;
        }
        boolean isFull = now - sinceNanos > ROUND_TRIPS_WITHOUT_GROWTH * sample.minimumRttNanos();
        return isFull && !(hasTried && now - mayHoldNanos < 0) && hold(now);
    }

    private boolean hold(long now) {
        held = true;
        changedNanos = now;
        pacingRate = (int) Math.min(Integer.MAX_VALUE, most * HELD_SHARE);
        return true;
    }

    private boolean release(long now) {
        held = false;
        hasTried = true;
        mayHoldNanos = now + PAUSE_NANOS;
        pacingRate = NO_LIMIT;
        return true;
    }
}
