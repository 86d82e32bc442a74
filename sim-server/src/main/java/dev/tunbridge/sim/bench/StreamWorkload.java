package dev.tunbridge.sim.bench;

import dev.tunbridge.sim.lab.LabNamespace;
import dev.tunbridge.sim.traffic.DatagramStream;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Video as a camera sends it: thirty frames a second, each a burst of datagrams. */
record StreamWorkload(Direction direction, int megabitsPerSecond, Duration length) implements Workload {
    private static final int SECONDS = 15;
    private static final int FRAMES_PER_SECOND = 30;
    private static final int DATAGRAM_BYTES = 1200;
    private static final int MAX_MEGABITS = 1_000;

    static StreamWorkload of(Spec spec, int seconds) {
        return new StreamWorkload(
                Workload.direction(spec),
                spec.number("rate", 1, 1, MAX_MEGABITS),
                Workload.seconds(spec, seconds, SECONDS));
    }

    /** Whole datagrams, to the nearest: three at 1 Mbit/s. */
    int datagramsPerFrame() {
        return Math.round(megabitsPerSecond * 1e6f / (FRAMES_PER_SECOND * DATAGRAM_BYTES * 8));
    }

    @Override
    public String describe() {
        return "stream " + direction.word() + ", " + megabitsPerSecond + " Mbit/s, " + length.toSeconds() + " s";
    }

    @Override
    public List<Metric> metrics() {
        return List.of(
                Metric.LATE,
                Metric.LOST,
                Metric.LATENCY_P50,
                Metric.LATENCY_P95,
                Metric.LATENCY_P99,
                Metric.LATENCY_MAX,
                Metric.WHOLE_FRAMES);
    }

    @Override
    public Measures play(Ends ends) throws IOException, InterruptedException {
        int frames = (int) length.toSeconds() * FRAMES_PER_SECOND;
        int perFrame = datagramsPerFrame();
        DatagramStream.Shape shape = new DatagramStream.Shape(
                frames * perFrame, DATAGRAM_BYTES, TimeUnit.SECONDS.toNanos(1) / FRAMES_PER_SECOND, perFrame);
        Arrivals arrivals = play(ends, direction, shape);
        return measures(arrivals, shape).with(Metric.WHOLE_FRAMES, arrivals.wholeFrames(perFrame));
    }

    static Arrivals play(Ends ends, Direction direction, DatagramStream.Shape shape)
            throws IOException, InterruptedException {
        boolean isUp = direction == Direction.UP;
        LabNamespace from = isUp ? ends.deviceSide() : ends.serverSide();
        LabNamespace to = isUp ? ends.serverSide() : ends.deviceSide();
        Arrivals arrivals = new Arrivals(shape.datagrams());
        DatagramStream.Outcome outcome = DatagramStream.between(
                        from.threadFactory("bench-sender"),
                        to.threadFactory("bench-receiver"),
                        isUp ? ends.server() : ends.device())
                .play(shape, arrivals);
        if (outcome.altered() > 0) {
            throw new IOException(outcome.altered() + " datagrams arrived altered");
        }
        return arrivals;
    }

    static Measures measures(Arrivals arrivals, DatagramStream.Shape shape) {
        return Measures.ofBytes((long) arrivals.arrived() * shape.bytes())
                .with(Metric.LATE, arrivals.late())
                .with(Metric.LOST, arrivals.lost())
                .with(Metric.LATENCY_P50, arrivals.percentileMillis(50))
                .with(Metric.LATENCY_P95, arrivals.percentileMillis(95))
                .with(Metric.LATENCY_P99, arrivals.percentileMillis(99))
                .with(Metric.LATENCY_MAX, arrivals.percentileMillis(100));
    }
}
