package dev.tunbridge.sim.bench.load;

import dev.tunbridge.sim.bench.measure.Measures;
import dev.tunbridge.sim.bench.measure.Metric;
import dev.tunbridge.sim.bench.peer.Direction;
import dev.tunbridge.sim.bench.peer.Ends;
import dev.tunbridge.sim.bench.peer.Site;
import dev.tunbridge.sim.bench.peer.Spec;
import dev.tunbridge.sim.bench.peer.Tunnel;
import dev.tunbridge.sim.lab.DeviceDrops;
import dev.tunbridge.sim.lab.LabNamespace;
import dev.tunbridge.sim.traffic.DatagramLoad;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;

/**
 * Datagrams at a fixed rate, or as many as the socket takes.
 *
 * @param megabitsPerSecond payload, or {@link DatagramLoad#FLOOD}
 * @param bytes payload of each
 */
record UdpWorkload(Direction direction, double megabitsPerSecond, int bytes, Duration length) implements Workload {
    private static final int SECONDS = 10;

    /** How long at most: each datagram that came is remembered by one bit. */
    private static final int MAX_SECONDS = 600;

    private static final int MEGABITS = 10;
    private static final int MAX_MEGABITS = 10_000;

    /** As the streams' datagrams, so that losses can be compared. */
    private static final int BYTES = 1200;

    private static final int MIN_BYTES = 16;

    /** What fits into one packet of every tunnel, behind an IPv4 and a UDP header. */
    private static final int MAX_BYTES = Site.MTU - 28;

    static UdpWorkload of(Spec spec, int seconds) {
        boolean isFlood = spec.flag("flood");
        if (isFlood && spec.settings().containsKey("rate")) {
            throw spec.wrong("rate=" + spec.settings().get("rate"), "either rate=MBIT or flood=yes");
        }
        UdpWorkload workload = new UdpWorkload(
                Workload.direction(spec),
                isFlood ? DatagramLoad.FLOOD : spec.number("rate", MEGABITS, 1, MAX_MEGABITS),
                spec.number("size", BYTES, MIN_BYTES, MAX_BYTES),
                Workload.seconds(spec, seconds, SECONDS));
        if (workload.length.toSeconds() > MAX_SECONDS) {
            throw spec.wrong("seconds=" + workload.length.toSeconds(), "seconds from 1 to " + MAX_SECONDS);
        }
        return workload;
    }

    @Override
    public String describe() {
        return "udp " + direction.word() + ", "
                + (Double.isInfinite(megabitsPerSecond) ? "flood" : Math.round(megabitsPerSecond) + " Mbit/s")
                + " of " + bytes + " bytes each, " + length.toSeconds() + " s";
    }

    @Override
    public List<Metric> metrics() {
        return List.of(
                Metric.RATE,
                Metric.SENT_RATE,
                Metric.LOST_SHARE,
                Metric.PAYLOAD,
                Metric.TUN_DROPPED,
                Metric.QDISC_DROPPED);
    }

    @Override
    public Measures play(Tunnel tunnel) throws IOException, InterruptedException {
        DeviceDrops before = tunnel.drops(direction);
        DatagramLoad.Outcome outcome = load(tunnel.ends(), length);
        if (outcome.altered() > 0) {
            throw new IOException(outcome.altered() + " datagrams arrived altered");
        }
        return Measures.ofBytes(outcome.receivedBytes())
                .with(Metric.RATE, outcome.receivedMegabitsPerSecond())
                .with(Metric.SENT_RATE, outcome.sentMegabitsPerSecond())
                .with(Metric.LOST_SHARE, outcome.lostShare() * 100)
                .with(Metric.PAYLOAD, outcome.bytes())
                .with(tunnel.drops(direction).since(before));
    }

    @Override
    public void warmUp(Tunnel tunnel, Duration time) throws IOException, InterruptedException {
        load(tunnel.ends(), time);
    }

    private DatagramLoad.Outcome load(Ends ends, Duration time) throws IOException, InterruptedException {
        boolean isUp = direction == Direction.UP;
        LabNamespace from = isUp ? ends.deviceSide() : ends.serverSide();
        LabNamespace to = isUp ? ends.serverSide() : ends.deviceSide();
        InetAddress receiver = isUp ? ends.server() : ends.device();
        return DatagramLoad.play(
                from.threadFactory("bench-sender"),
                to.threadFactory("bench-receiver"),
                receiver,
                new DatagramLoad.Shape(bytes, megabitsPerSecond, time.toNanos()));
    }
}
