package dev.tunbridge.sim.bench.load;

import dev.tunbridge.sim.bench.measure.Measures;
import dev.tunbridge.sim.bench.measure.Metric;
import dev.tunbridge.sim.bench.peer.Direction;
import dev.tunbridge.sim.bench.peer.Ends;
import dev.tunbridge.sim.bench.peer.OuterWire;
import dev.tunbridge.sim.bench.peer.Site;
import dev.tunbridge.sim.bench.peer.Tunnel;
import dev.tunbridge.sim.lab.LabNamespace;
import dev.tunbridge.sim.traffic.DatagramStream;
import dev.tunbridge.sim.wire.DatagramFrame;
import dev.tunbridge.sim.wire.Waits;
import dev.tunbridge.sim.wire.WireRecord;
import dev.tunbridge.sim.wire.WireWatch;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * One stream of datagrams through a tunnel, and what became of it.
 *
 * @param waits after the wire; only downwards, and where the wire can be read
 */
record DatagramPlay(DatagramStream.Shape shape, Arrivals arrivals, Optional<Waits> waits) {
    /** A wait of more than this was for something: the machine itself is faster. */
    private static final long WAITED_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private static final double NANOS_PER_MILLISECOND = 1e6;

    static DatagramPlay of(Tunnel tunnel, Direction direction, DatagramStream.Shape shape)
            throws IOException, InterruptedException {
        Optional<WireRecord> record = record(tunnel, direction, shape);
        if (record.isEmpty()) {
            return new DatagramPlay(shape, play(tunnel.ends(), direction, shape), Optional.empty());
        }
        Ends ends = tunnel.ends();
        try (WireWatch watch = WireWatch.start(ends.deviceSide(), Site.DEVICE, ends.device(), record.get())) {
            Arrivals arrivals = play(ends, direction, shape);
            return new DatagramPlay(shape, arrivals, watch.end());
        }
    }

    /** Only plays: a bulk load in front would leave the outer connection in another state than a stream does. */
    static void warmUp(Tunnel tunnel, Direction direction, DatagramStream.Shape shape)
            throws IOException, InterruptedException {
        play(tunnel.ends(), direction, shape);
    }

    private static Optional<WireRecord> record(Tunnel tunnel, Direction direction, DatagramStream.Shape shape) {
        if (direction == Direction.UP || tunnel.wire().isEmpty()) {
            return Optional.empty();
        }
        OuterWire wire = tunnel.wire().get();
        Optional<DatagramFrame> frame = wire.frames().apply(shape.bytes());
        return frame.map(around -> new WireRecord(wire.serverPort(), around, shape));
    }

    private static Arrivals play(Ends ends, Direction direction, DatagramStream.Shape shape)
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

    Measures measures() {
        Measures measures = Measures.ofBytes((long) arrivals.arrived() * shape.bytes())
                .with(arrivals.curve())
                .with(Metric.LATE, arrivals.late())
                .with(Metric.LOST, arrivals.lost())
                .with(Metric.LATENCY_P50, arrivals.percentileMillis(50))
                .with(Metric.LATENCY_P95, arrivals.percentileMillis(95))
                .with(Metric.LATENCY_P99, arrivals.percentileMillis(99))
                .with(Metric.LATENCY_MAX, arrivals.percentileMillis(100));
        return waits.filter(Waits::isMeasured)
                .map(measured -> with(measures, measured))
                .orElse(measures);
    }

    private Measures with(Measures measures, Waits waits) {
        int waited = waits.over(WAITED_NANOS);
        return measures.with(Metric.LATE_ON_WIRE, arrivals.late(waits::nanosOf))
                .with(Metric.WAITED, waited)
                .with(Metric.WAITED_SHARE, 100.0 * waited / waits.count())
                .with(Metric.WAIT_P50, waits.percentileNanos(50) / NANOS_PER_MILLISECOND)
                .with(Metric.WAIT_P99, waits.percentileNanos(99) / NANOS_PER_MILLISECOND)
                .with(Metric.WAIT_MAX, waits.percentileNanos(100) / NANOS_PER_MILLISECOND);
    }
}
