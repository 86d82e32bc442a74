package dev.tunbridge.bridge.path;

import java.util.concurrent.TimeUnit;

/**
 * Keeps BBR's queue out of the path's buffer, where it stands first come first served, and so has it stand here. Where a
 * queue stands outside, the socket's pacing is limited for a moment to a little less than the path takes.
 *
 * <p>In its <em>startup</em> BBR (v1) paces at 2.89 times its estimate until that has not grown for three round trips, of
 * which only those count in which the application always had more to send ({@code bbr_check_full_bw_reached} in
 * net/ipv4/tcp_bbr.c). In a tunnel this may never happen: the local senders' own windows and pacing bound what there is
 * to send. So where the delivery has not grown for three of the path's shortest round trips, pacing is held below it:
 * what is too much then waits here, BBR sees a full path and goes on as designed.
 *
 * <p><em>Later</em> BBR takes the best of ten round trips for the path's rate, which is a little too much, and the excess
 * piles up until its window is full, at twice what the path holds, or until it looks for the shortest round trip again
 * after ten seconds. There pacing is held until the round trip is short again, on a path that loses nothing. A queue that
 * does not go is not ours: then this waits longer each time, so that a path shared with others loses next to nothing by
 * it. No clock, one thread.
 */
public final class QueueDrain {
    private static final double STARTUP_GAIN = 2;
    private static final double GROWTH_THAT_COUNTS = 1.25;
    private static final int ROUND_TRIPS = 3;

    private static final double STARTUP_QUEUE = 1.25;
    /** Who sends now and then has long round trips by delayed acknowledgements, and no queue. */
    private static final int LEAST_SEGMENTS = 8;

    /**
     * Of what was delivered in the startup, or of BBR's estimate later, which is up to a twentieth too much: less than
     * the path takes, and than the senders send, so that what stands outside goes, and something always waits here.
     */
    private static final double HELD_SHARE = 0.9;

    /** It takes six or seven round trips, some longer by what stands outside. */
    private static final int STARTUP_MOST_ROUND_TRIPS = 20;

    private static final int QUEUE_PART = 8;
    private static final long LEAST_QUEUE_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
    /** What is left of a queue that counts as gone. */
    private static final int REST_PART = 4;

    /** Less than the ten that BBR looks back on: its estimate must not become that of a connection that was held. */
    private static final int CRUISE_MOST_ROUND_TRIPS = 8;

    private static final int CRUISE_PAUSE_ROUND_TRIPS = 16;
    /** A queue of which more is left after all that is not ours. */
    private static final double OTHERS_SHARE = 0.75;
    /** So long after a repair BBR's estimate may be of a path that lost segments, and no measure of what it takes. */
    private static final int CALM_ROUND_TRIPS = 20;

    private static final long LEAST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long STARTUP_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(3);
    private static final long MOST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(30);

    /** All ones: no limit. */
    public static final int NO_LIMIT = -1;

    private enum Phase {
        FREE,
        LEAVING_STARTUP,
        DRAINING
    }

    private Phase phase = Phase.FREE;
    private long most;
    private double grownTo;
    private long grownNanos;
    private boolean wasStartup = true;
    /** Since when a queue has stood outside while nothing was repaired, and in its startup the connection has not grown. */
    private long sinceNanos;

    private long repairedNanos;
    private boolean hasRepaired;

    private long changedNanos;
    private long pauseNanos = LEAST_PAUSE_NANOS;
    private long mayHoldNanos;
    private boolean mustPause;
    private long heldQueueNanos;
    private int pacingRate = NO_LIMIT;

    /** What {@code SO_MAX_PACING_RATE} shall be: bytes per second, or -1 for no limit. */
    public int pacingRate() {
        return pacingRate;
    }

    /** Whether the socket is limited so that BBR leaves its startup; what waits meanwhile waits for that. */
    public boolean isLeavingStartup() {
        return phase == Phase.LEAVING_STARTUP;
    }

    /** Whether the socket is limited now. */
    public boolean isHolding() {
        return phase != Phase.FREE;
    }

    /**
     * Takes what was measured, once for each round trip or more often.
     *
     * @param bbr what BBR takes the path for
     * @param segments that are under way
     * @param repairing whether a loss is being repaired: then neither rate nor round trip tell of a queue
     * @return whether {@link #pacingRate} is another than before
     */
    public boolean sample(PathSample sample, BbrState bbr, long segments, boolean repairing) {
        long now = sample.nowNanos();
        if (segments <= 0) {
            return rest(now); // what the round trip was tells nothing any more
        }
        if (repairing) {
            repairedNanos = now;
            hasRepaired = true;
        }
        boolean isStartup = bbr.pacingGain() > STARTUP_GAIN;
        if (isHolding()) {
            return mayLetGo(sample, bbr, isStartup) && letGo(sample, bbr);
        }
        boolean isMeasured = bbr.isPresent() && bbr.bandwidth() > 0 && bbr.minimumRttNanos() > 0;
        if (!isMeasured || sample.deliveryRate() <= 0 || sample.rttNanos() <= 0) {
            return false;
        }
        grow(sample);
        boolean isGrowing = isStartup && now == grownNanos;
        if (isGrowing
                || isStartup != wasStartup
                || repairing
                || segments < LEAST_SEGMENTS
                || !isQueued(sample, bbr, isStartup)) {
            sinceNanos = now;
        }
        wasStartup = isStartup;
        boolean stands = now - sinceNanos > ROUND_TRIPS * bbr.minimumRttNanos();
        boolean mayHold = (isStartup || isCalm(sample)) && !(mustPause && now - mayHoldNanos < 0);
        return stands && mayHold && hold(sample, bbr, isStartup);
    }

    private static boolean isQueued(PathSample sample, BbrState bbr, boolean isStartup) {
        return queueNanos(sample, bbr) > queueThatCounts(bbr)
                && (!isStartup || sample.rttNanos() >= STARTUP_QUEUE * bbr.minimumRttNanos());
    }

    private boolean isCalm(PathSample sample) {
        return !hasRepaired || sample.nowNanos() - repairedNanos > CALM_ROUND_TRIPS * sample.rttNanos();
    }

    private void grow(PathSample sample) {
        most = Math.max(most, sample.deliveryRate());
        if (most >= grownTo * GROWTH_THAT_COUNTS) {
            grownTo = most;
            grownNanos = sample.nowNanos();
        }
    }

    private static long queueNanos(PathSample sample, BbrState bbr) {
        return sample.rttNanos() - bbr.minimumRttNanos();
    }

    private static long queueThatCounts(BbrState bbr) {
        return Math.max(LEAST_QUEUE_NANOS, bbr.minimumRttNanos() / QUEUE_PART);
    }

    private boolean hold(PathSample sample, BbrState bbr, boolean isStartup) {
        phase = isStartup ? Phase.LEAVING_STARTUP : Phase.DRAINING;
        changedNanos = sample.nowNanos();
        heldQueueNanos = queueNanos(sample, bbr);
        pacingRate = (int) Math.min(Integer.MAX_VALUE, (isStartup ? most : bbr.bandwidth()) * HELD_SHARE);
        return true;
    }

    private boolean mayLetGo(PathSample sample, BbrState bbr, boolean isStartup) {
        long heldNanos = sample.nowNanos() - changedNanos;
        if (phase == Phase.LEAVING_STARTUP) {
            return !isStartup || heldNanos > STARTUP_MOST_ROUND_TRIPS * sample.rttNanos();
        }
        boolean isTooLong = heldNanos > CRUISE_MOST_ROUND_TRIPS * sample.rttNanos();
        return isStartup || !isCalm(sample) || isDrained(sample, bbr) || isTooLong;
    }

    private static boolean isDrained(PathSample sample, BbrState bbr) {
        return queueNanos(sample, bbr) <= queueThatCounts(bbr) / REST_PART;
    }

    private boolean letGo(PathSample sample, BbrState bbr) {
        long now = sample.nowNanos();
        if (phase == Phase.LEAVING_STARTUP) {
            mustPause = bbr.pacingGain() > STARTUP_GAIN;
            mayHoldNanos = now + STARTUP_PAUSE_NANOS;
        } else {
            boolean isOthers = queueNanos(sample, bbr) > OTHERS_SHARE * heldQueueNanos;
            mustPause = !isDrained(sample, bbr);
            mayHoldNanos = now + Math.max(pauseNanos, CRUISE_PAUSE_ROUND_TRIPS * sample.rttNanos());
            pauseNanos = isOthers ? Math.min(MOST_PAUSE_NANOS, 2 * pauseNanos) : LEAST_PAUSE_NANOS;
        }
        return release(now);
    }

    /** Nothing is under way. */
    private boolean rest(long now) {
        mustPause = false;
        pauseNanos = LEAST_PAUSE_NANOS;
        sinceNanos = now;
        return isHolding() && release(now);
    }

    private boolean release(long now) {
        phase = Phase.FREE;
        pacingRate = NO_LIMIT;
        sinceNanos = now;
        return true;
    }
}
