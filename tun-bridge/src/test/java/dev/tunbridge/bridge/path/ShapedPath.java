package dev.tunbridge.bridge.path;

import dev.tunbridge.linux.netlink.TokenBucket;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.DoubleUnaryOperator;

/**
 * A model of what the policy steers, in virtual time by the millisecond: senders that offer bytes, a shaper that lets some through, the
 * egress queue, and an outer connection that takes what the path gives and hears of it a round trip later. Its delivery rate is the
 * kernel's: of the last round trip that was limited by the path, or was faster.
 */
final class ShapedPath {
    private static final long TICK_NANOS = 1_000_000;
    private static final double SECONDS_PER_TICK = 1e-3;
    private static final double GREEDY = Double.POSITIVE_INFINITY;
    /** What a greedy sender puts into a device that nobody shapes. */
    private static final double UNSHAPED = 1e9;

    private final ShaperPolicy policy;
    private final int queueLimit;
    private final int rttTicks;
    /** Bytes per second of the path, and of the senders, by time in seconds. */
    private final DoubleUnaryOperator path;

    private final DoubleUnaryOperator demand;

    private final Deque<Double> underway = new ArrayDeque<>();
    private final Deque<Boolean> hungry = new ArrayDeque<>();
    private final List<Moment> history = new ArrayList<>();
    private long tick;
    private double queue;
    private double peak;
    private double acked;
    private double kernelRate;
    private boolean kernelLimited = true;
    private long sampledTick;
    private double sent;
    private double dropped;
    private int changes;

    /** What happened up to a tick. */
    record Moment(double seconds, double rate, double queue, double sent, double dropped, int changes) {}

    ShapedPath(
            ShaperPolicy policy,
            int queueLimit,
            double rttSeconds,
            DoubleUnaryOperator path,
            DoubleUnaryOperator demand) {
        this.policy = policy;
        this.queueLimit = queueLimit;
        this.rttTicks = Math.max(1, (int) Math.round(rttSeconds / SECONDS_PER_TICK));
        this.path = path;
        this.demand = demand;
    }

    static DoubleUnaryOperator greedy() {
        return seconds -> GREEDY;
    }

    ShapedPath runTo(double seconds) {
        while (tick * SECONDS_PER_TICK < seconds) {
            step();
        }
        return this;
    }

    private void step() {
        double now = tick * SECONDS_PER_TICK;
        double offered = demand.applyAsDouble(now);
        Optional<TokenBucket> bucket = policy.bucket();
        double gate = bucket.map(TokenBucket::rateBytesPerSecond)
                .map(Long::doubleValue)
                .orElse(UNSHAPED);
        double arriving = Math.min(offered, gate) * SECONDS_PER_TICK;
        double wanted = path.applyAsDouble(now) * SECONDS_PER_TICK;
        double served = Math.min(queue + arriving, wanted);
        queue += arriving - served;
        if (queue > queueLimit) {
            dropped += queue - queueLimit;
            queue = queueLimit;
        }
        peak = Math.max(peak, queue);
        sent += served;
        underway.addLast(served);
        hungry.addLast(served < wanted);
        if (underway.size() > rttTicks) {
            acked += underway.removeFirst();
            hungry.removeFirst();
        }
        tick++;
        if ((tick - sampledTick) >= Math.max(10, rttTicks)) {
            sample();
        }
        history.add(
                new Moment(now, bucket.map(TokenBucket::rateBytesPerSecond).orElse(0L), queue, sent, dropped, changes));
    }

    private void sample() {
        sampledTick = tick;
        double delivered =
                underway.stream().mapToDouble(Double::doubleValue).sum() / (underway.size() * SECONDS_PER_TICK);
        boolean isAppLimited = hungry.contains(true);
        if (delivered > 0 && (!isAppLimited || delivered >= kernelRate)) {
            kernelRate = delivered;
            kernelLimited = isAppLimited;
        }
        long rtt = rttTicks * TICK_NANOS;
        PathSample sample = new PathSample(
                tick * TICK_NANOS,
                rtt,
                rtt / 8,
                rtt,
                rtt + 200 * TICK_NANOS,
                (long) kernelRate,
                kernelLimited ? PathSample.Limit.APPLICATION : PathSample.Limit.PATH,
                (long) acked,
                100,
                1448,
                0,
                0,
                3,
                0);
        if (policy.sample(sample, 0, (long) queue, (long) peak)) {
            changes++;
        }
        peak = queue;
    }

    Moment at(double seconds) {
        return history.get((int) Math.min(history.size() - 1L, Math.round(seconds / SECONDS_PER_TICK)));
    }

    /** Bytes per second that the path carried between two times. */
    double carried(double from, double to) {
        return (at(to).sent() - at(from).sent()) / (to - from);
    }

    double droppedShare(double from, double to) {
        double lost = at(to).dropped() - at(from).dropped();
        return lost / (lost + at(to).sent() - at(from).sent());
    }

    List<Moment> history() {
        return history;
    }
}
