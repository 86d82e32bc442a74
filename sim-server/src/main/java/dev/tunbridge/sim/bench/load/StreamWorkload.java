package dev.tunbridge.sim.bench.load;

import dev.tunbridge.sim.bench.measure.Measures;
import dev.tunbridge.sim.bench.measure.Metric;
import dev.tunbridge.sim.bench.peer.Direction;
import dev.tunbridge.sim.bench.peer.Spec;
import dev.tunbridge.sim.bench.peer.Tunnel;
import dev.tunbridge.sim.lab.DeviceDrops;
import dev.tunbridge.sim.traffic.DatagramStream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Video as a camera sends it: thirty frames a second, each a burst of datagrams. */
public record StreamWorkload(Direction direction, int megabitsPerSecond, Duration length) implements Workload {
    private static final int SECONDS = 15;
    private static final int FRAMES_PER_SECOND = 30;
    private static final int DATAGRAM_BYTES = 1200;
    private static final int MAX_MEGABITS = 1_000;

    /** Of the frames whole within 100 ms one way: what 5GAA asks of the video of remote driving, at 32 Mbit/s. */
    private static final double DRIVING_PERCENT = 99;

    static StreamWorkload of(Spec spec, int seconds) {
        return new StreamWorkload(
                Workload.direction(spec),
                spec.number("rate", 1, 1, MAX_MEGABITS),
                Workload.seconds(spec, seconds, SECONDS));
    }

    /** Whole datagrams, to the nearest: three at 1 Mbit/s. */
    public int datagramsPerFrame() {
        return Math.round(megabitsPerSecond * 1e6f / (FRAMES_PER_SECOND * DATAGRAM_BYTES * 8));
    }

    public int frames() {
        return (int) length.toSeconds() * FRAMES_PER_SECOND;
    }

    @Override
    public String describe() {
        return "stream " + direction.word() + ", " + megabitsPerSecond + " Mbit/s, " + length.toSeconds() + " s";
    }

    @Override
    public List<Metric> metrics() {
        List<Metric> metrics = new ArrayList<>(List.of(
                Metric.LATE,
                Metric.LOST,
                Metric.LATENCY_P50,
                Metric.LATENCY_P95,
                Metric.LATENCY_P99,
                Metric.LATENCY_MAX,
                Metric.WHOLE_FRAMES,
                Metric.WHOLE_FRAMES_SHARE,
                Metric.FRAME_P50,
                Metric.FRAME_P99,
                Metric.REMOTE_DRIVING));
        metrics.addAll(
                direction == Direction.UP
                        ? List.of(Metric.TUN_DROPPED, Metric.QDISC_DROPPED, Metric.TUN_DROPPED_SHARE)
                        : List.of(
                                Metric.LATE_ON_WIRE,
                                Metric.WAITED,
                                Metric.WAITED_SHARE,
                                Metric.WAIT_P50,
                                Metric.WAIT_P99,
                                Metric.WAIT_MAX));
        return metrics;
    }

    @Override
    public Measures play(Tunnel tunnel) throws IOException, InterruptedException {
        if (direction == Direction.DOWN) {
            return stream(tunnel);
        }
        DeviceDrops before = tunnel.drops(Direction.UP);
        Measures measures = stream(tunnel);
        DeviceDrops drops = tunnel.drops(Direction.UP).since(before);
        double share = 100.0 * drops.all() / shape(length).datagrams();
        return measures.with(drops).with(Metric.TUN_DROPPED_SHARE, share);
    }

    private Measures stream(Tunnel tunnel) throws IOException, InterruptedException {
        DatagramPlay play = DatagramPlay.of(tunnel, direction, shape(length));
        Arrivals arrivals = play.arrivals();
        int perFrame = datagramsPerFrame();
        int whole = arrivals.wholeFrames(perFrame);
        double share = 100.0 * whole / frames();
        return play.measures()
                .with(Metric.WHOLE_FRAMES, whole)
                .with(Metric.WHOLE_FRAMES_SHARE, share)
                .with(Metric.FRAME_P50, arrivals.framePercentileMillis(perFrame, 50))
                .with(Metric.FRAME_P99, arrivals.framePercentileMillis(perFrame, 99))
                .with(Metric.REMOTE_DRIVING, share >= DRIVING_PERCENT ? 1 : 0);
    }

    @Override
    public void warmUp(Tunnel tunnel, Duration time) throws IOException, InterruptedException {
        DatagramPlay.warmUp(tunnel, direction, shape(time));
    }

    private DatagramStream.Shape shape(Duration time) {
        int perFrame = datagramsPerFrame();
        int datagrams = (int) time.toSeconds() * FRAMES_PER_SECOND * perFrame;
        long intervalNanos = TimeUnit.SECONDS.toNanos(1) / FRAMES_PER_SECOND;
        return new DatagramStream.Shape(datagrams, DATAGRAM_BYTES, intervalNanos, perFrame);
    }
}
