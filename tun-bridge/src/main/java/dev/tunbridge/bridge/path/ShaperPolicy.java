package dev.tunbridge.bridge.path;

import dev.tunbridge.linux.TcpInfo;
import dev.tunbridge.linux.netlink.TokenBucket;
import java.util.Optional;

/**
 * When the TUN device is shaped, and at what rate, so that local senders wait in their sockets while the queue that
 * stands is the bridge's own. No clock, one thread.
 *
 * <p>It begins where three quarters of that queue are used up: by senders that heed neither its marks nor its drops.
 * Others the queue slows by itself, and better, because a shaper lets no more through than the path has taken so far,
 * and so keeps a path that could take more from showing it: 16 uploads over bursts of loss made 8 to 13 Mbit/s with a
 * shaper that began at the first packets that waited, and 14 to 20 without.
 *
 * <p>While little waits, senders get a tenth more than the path takes, so that the bridge's queue stays the one that is
 * never empty. What waits beyond a target is taken off again over a tenth of a second. What the path takes shows only
 * while the shaper lets enough through; so while little waits and the shaper's rate is used up, it is raised by a
 * quarter a round trip, twice as much after three raises that went well; a raise that fills the queue makes the next
 * one wait longer.
 */
public final class ShaperPolicy {
    /** No path is shaped to less, however long it stalls: 256 kbit/s. */
    static final long FLOOR = 32_000;

    /** 1 Gbit/s; above it a packet waits microseconds, and the timers of the shaper would cost more than they bring. */
    static final long CEILING = 125_000_000;

    /** The most for a device that may be too short, unless more is carried: 200 Mbit/s are a packet each 50 µs. */
    static final long MOST_GUARD = 25_000_000;

    /** The least, 30 Mbit/s: a packet each 350 µs, in which the loop wakes nearly always. */
    static final long LEAST_GUARD = 3_750_000;

    /** What a device holds is to last so long: a turn of the loop, and a pause of the machine. */
    private static final double GUARD_SECONDS = 0.020;

    /** Above what is carried, so that it can become more. */
    private static final double GUARD_ABOVE = 1.3;

    /** A device of fewer packets loses the burst of a video frame (87) that comes at once. */
    static final int SHORT_QUEUE_PACKETS = 128;

    private static final double SHARE_ABOVE = 0.1;
    private static final double USED_UP = 0.8;
    private static final double RAISE = 1.25;
    private static final double BOLD_RAISE = 2;
    private static final int RAISES_UNTIL_BOLD = 3;
    private static final double HYSTERESIS = 0.05;
    private static final double ROOM = 0.75;

    private static final double NANOS_PER_SECOND = 1e9;
    private static final double TARGET_SECONDS = 0.020;
    /** To keep a shaper it is enough that something waits: it is the shaper that keeps the queue short. */
    private static final long KEPT_BY_PACKETS = 2;

    /** Ten changes a second at most. */
    private static final long CHANGE_NANOS = 100_000_000;

    private static final long DRAIN_NANOS = 100_000_000;
    private static final long HOLD_NANOS = 1_000_000_000;
    private static final long MINIMUM_RTT_NANOS = 1_000_000;
    private static final long MAXIMUM_RTT_NANOS = 2_000_000_000;
    private static final long MINIMUM_STALL_NANOS = 200_000_000;

    private final ShaperOptions options;
    private BandwidthEstimate estimate = new BandwidthEstimate();
    private double targetSeconds = TARGET_SECONDS;
    private boolean guarding;
    private double rate;
    private boolean changed;
    private long changedNanos;
    private long waitedNanos;
    private boolean hasWaited;
    private long raisedNanos;
    private int raises;
    private int failedRaises;
    private boolean raiseOnTrial;

    public ShaperPolicy(ShaperOptions options) {
        this.options = options;
        guarding = options.guard() == ShaperOptions.Guard.ALWAYS || options.txQueueLength() < SHORT_QUEUE_PACKETS;
        rate = guarding ? guard() : 0;
    }

    /** What the device is to be shaped with, before and after anything was measured; nothing where it is not shaped. */
    public Optional<TokenBucket> bucket() {
        return rate == 0 ? Optional.empty() : Optional.of(options.bucket((long) rate));
    }

    /** A new outer connection, which may have another path: what is known of the old one is forgotten. */
    public void reset() {
        estimate = new BandwidthEstimate();
        hasWaited = false;
        raises = 0;
        failedRaises = 0;
        raiseOnTrial = false;
        rate = guarding ? guard() : 0;
    }

    /** The device has dropped packets: its queue is too short for what local senders do, so a shaper stays in front of it. */
    public void dropped() {
        guarding = true;
    }

    /**
     * Takes what was measured; {@link #bucket} then tells what is wanted. Once for each round trip, or each 10 ms, is
     * often enough.
     *
     * @param deviationNanos how bursty the outer connection is: what its bursts fill and empty again is no queue that stands
     * @param waitingBytes bytes that wait in the egress queue now
     * @param peakBytes the most that waited since the last sample
     * @return whether the bucket is another than before
     */
    public boolean sample(PathSample sample, long deviationNanos, long waitingBytes, long peakBytes) {
        if (sample.bytesAcked() == TcpInfo.UNKNOWN || sample.rttNanos() <= 0) {
            return false;
        }
        targetSeconds = Math.max(TARGET_SECONDS, deviationNanos / NANOS_PER_SECOND);
        long now = sample.nowNanos();
        long rtt = Math.min(MAXIMUM_RTT_NANOS, Math.max(MINIMUM_RTT_NANOS, sample.rttNanos()));
        double target = target();
        estimate.sample(
                sample, rtt, waitingBytes > target ? BandwidthEstimate.Backlog.LONG : BandwidthEstimate.Backlog.SHORT);
        if (peakBytes >= KEPT_BY_PACKETS * options.mtu()) {
            hasWaited = true;
            waitedNanos = now;
        }
        if (changed && now - changedNanos < CHANGE_NANOS) {
            return false;
        }
        double wanted = rate == 0 ? engage(rtt, waitingBytes) : adapt(now, rtt, sample, waitingBytes, peakBytes);
        return take(wanted, waitingBytes, now);
    }

    /** At this rate the device's own queue outlasts the pauses of its reader. */
    private double guard() {
        double lasts = options.txQueueLength() * (double) options.mtu() / GUARD_SECONDS;
        return Math.max(Math.max(LEAST_GUARD, Math.min(MOST_GUARD, lasts)), GUARD_ABOVE * estimate.throughput());
    }

    private double engage(long rtt, long waitingBytes) {
        if (guarding) {
            return guard();
        }
        if (waitingBytes < ROOM * options.queueLimitBytes() || estimate.bandwidth() == 0) {
            return 0;
        }
        raises = 0;
        failedRaises = 0;
        return base(waitingBytes, rtt);
    }

    private double adapt(long now, long rtt, PathSample sample, long waitingBytes, long peakBytes) {
        boolean isLong = waitingBytes > target();
        if (waitingBytes > 0 && estimate.silentNanos() > stall(sample, rtt)) {
            return FLOOR; // what is let in now can only wait
        }
        if (!isLong && (guarding || !isHeld(now, rtt)) && estimate.throughput() < USED_UP * rate) {
            return guarding ? guard() : 0;
        }
        if (estimate.bandwidth() == 0) {
            return rate;
        }
        if (isLong) {
            if (raiseOnTrial) {
                failedRaises++;
                raiseOnTrial = false;
            }
            raises = 0;
            return base(waitingBytes, rtt);
        }
        double base = base(waitingBytes, rtt);
        if (peakBytes > target() || estimate.throughput() < USED_UP * rate) {
            return Math.max(base, rate);
        }
        return Math.max(base, raise(now, rtt, waitingBytes));
    }

    /** The rate at which what waits comes to its target in a while; a tenth above the path's while nothing waits. */
    private double base(long waitingBytes, long rtt) {
        double bandwidth = estimate.bandwidth();
        double target = target();
        if (waitingBytes <= target) {
            double above = Math.min(bandwidth * SHARE_ABOVE, room(waitingBytes, CHANGE_NANOS));
            return bandwidth + above * (1 - waitingBytes / target);
        }
        return bandwidth - (waitingBytes - target) * NANOS_PER_SECOND / Math.max(DRAIN_NANOS, 2 * rtt);
    }

    private double raise(long now, long rtt, long waitingBytes) {
        long pause = Math.max(CHANGE_NANOS, rtt);
        long patience = Math.min(pause << Math.min(failedRaises, 4), Math.max(HOLD_NANOS, 8 * rtt));
        if (now - raisedNanos < patience) {
            return rate;
        }
        if (raiseOnTrial) {
            raises++;
            failedRaises = 0;
        }
        raisedNanos = now;
        raiseOnTrial = true;
        double careful = Math.max(rate * (1 + HYSTERESIS), Math.min(rate * RAISE, rate + room(waitingBytes, pause)));
        if (raises < RAISES_UNTIL_BOLD) {
            return careful;
        }
        // The path has become another: what one step too far costs is less than what slow steps do.
        return Math.max(rate * RAISE, Math.min(rate * BOLD_RAISE, rate + room(waitingBytes, pause)));
    }

    /** Bytes per second: where the path takes no more, what comes above its rate until the next step must still find room. */
    private double room(long waitingBytes, long nanos) {
        return (ROOM * options.queueLimitBytes() - waitingBytes) * NANOS_PER_SECOND / nanos;
    }

    private boolean take(double wanted, long waitingBytes, long now) {
        double next = wanted == 0 ? 0 : Math.max(FLOOR, wanted);
        if (next > CEILING) {
            next = 0;
        }
        boolean isUrgent = next < rate && waitingBytes >= options.queueLimitBytes() / 2;
        boolean isNearlySame = !isUrgent && next != 0 && rate != 0 && Math.abs(next - rate) < HYSTERESIS * rate;
        if (isNearlySame || next == rate) {
            return false;
        }
        rate = next;
        changed = true;
        changedNanos = now;
        return true;
    }

    /** Bytes that may stand in the bridge's queue before senders are slowed below the path's rate. */
    private double target() {
        return Math.max(
                2.0 * options.mtu(), Math.min(estimate.bandwidth() * targetSeconds, options.queueLimitBytes() / 4.0));
    }

    private boolean isHeld(long now, long rtt) {
        return hasWaited && now - waitedNanos < Math.max(HOLD_NANOS, 8 * rtt);
    }

    /** Longer without an acknowledgement than any round trip that goes well. */
    private static long stall(PathSample sample, long rtt) {
        return Math.max(MINIMUM_STALL_NANOS, 2 * rtt + 4 * Math.max(0, sample.rttVariationNanos()));
    }
}
