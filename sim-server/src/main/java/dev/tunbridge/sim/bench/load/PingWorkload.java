package dev.tunbridge.sim.bench.load;

import dev.tunbridge.sim.bench.measure.Measures;
import dev.tunbridge.sim.bench.measure.Metric;
import dev.tunbridge.sim.bench.peer.Direction;
import dev.tunbridge.sim.bench.peer.EchoProbe;
import dev.tunbridge.sim.bench.peer.Ends;
import dev.tunbridge.sim.bench.peer.Spec;
import dev.tunbridge.sim.bench.peer.Tunnel;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Round trips five times a second, through an idle tunnel, or first that and then beside one flow that fills it.
 *
 * @param length of the time that is measured; the idle time before a load comes on top
 */
record PingWorkload(Optional<Direction> load, Duration length) implements Workload {
    private static final int SECONDS = 10;
    private static final long WARM_UP_INTERVAL_NANOS = TimeUnit.MICROSECONDS.toNanos(200);
    private static final long INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    /** The load fills the queues before the first probe. */
    private static final long FILLING_SECONDS = 3;

    /** Before the load; fewer where the whole is short. */
    private static final int IDLE_PROBES = 15;

    static PingWorkload of(Spec spec, int seconds) {
        String word = spec.word("idle", List.of("idle", "up", "down"));
        String given = spec.text("load", word);
        if (!word.equals("idle") && !given.equals(word)) {
            throw spec.wrong("load=" + given, "one direction");
        }
        Optional<Direction> load = switch (given) {
            case "up" -> Optional.of(Direction.UP);
            case "down" -> Optional.of(Direction.DOWN);
            case "idle" -> Optional.empty();
            default -> throw spec.wrong("load=" + given, "load=up or load=down");
        };
        return new PingWorkload(load, Workload.seconds(spec, seconds, SECONDS));
    }

    @Override
    public String describe() {
        return "ping, "
                + load.map(direction -> "beside one flow " + direction.word()).orElse("idle") + ", "
                + length.toSeconds() + " s";
    }

    @Override
    public List<Metric> metrics() {
        List<Metric> metrics = new ArrayList<>(List.of(
                Metric.PING_AVERAGE,
                Metric.PING_P50,
                Metric.PING_P99,
                Metric.PING_MAX,
                Metric.PING_JITTER,
                Metric.PING_SPIKE,
                Metric.PING_LOST));
        if (load.isPresent()) {
            metrics.addAll(List.of(
                    Metric.PING_IDLE,
                    Metric.PING_IDLE_MAX,
                    Metric.PING_IDLE_JITTER,
                    Metric.PING_IDLE_SPIKE,
                    Metric.PING_ADDED,
                    Metric.LOAD_RATE,
                    Metric.INNER_RETRANSMISSIONS));
        }
        return metrics;
    }

    /** Round trips in a row beside the flows: what a tunnel does with single datagrams is other code than what it does with bulk. */
    @Override
    public void warmUp(Tunnel tunnel, Duration time) throws IOException, InterruptedException {
        Workload.super.warmUp(tunnel, time);
        if (!time.isZero()) {
            try (EchoProbe probe = EchoProbe.open(tunnel.ends())) {
                probe.play((int) (time.toNanos() / WARM_UP_INTERVAL_NANOS), WARM_UP_INTERVAL_NANOS);
            }
        }
    }

    @Override
    public Measures play(Tunnel tunnel) throws IOException, InterruptedException {
        Ends ends = tunnel.ends();
        int probes = (int) (length.toNanos() / INTERVAL_NANOS);
        if (load.isEmpty()) {
            return measures(probe(ends, probes));
        }
        RoundTrips idle = probe(ends, Math.min(probes, IDLE_PROBES));
        long loadNanos = TimeUnit.SECONDS.toNanos(FILLING_SECONDS) + length.toNanos();
        try (BulkTransfer transfer = BulkTransfer.open(ends, load.get(), 1)) {
            transfer.start(loadNanos);
            TimeUnit.SECONDS.sleep(FILLING_SECONDS);
            RoundTrips loaded = probe(ends, probes);
            BulkTransfer.Outcome outcome = transfer.awaitEnd(0);
            return measures(loaded)
                    .withBytes(outcome.bins().totalBytes())
                    .with(Metric.PING_IDLE, idle.averageMillis())
                    .with(Metric.PING_IDLE_MAX, idle.maxMillis())
                    .with(Metric.PING_IDLE_JITTER, idle.jitterMillis())
                    .with(Metric.PING_IDLE_SPIKE, idle.spikeRatio())
                    .with(Metric.PING_ADDED, loaded.averageMillis() - idle.averageMillis())
                    .with(Metric.LOAD_RATE, outcome.bins().megabitsPerSecond())
                    .with(Metric.INNER_RETRANSMISSIONS, (double) outcome.retransmissions());
        }
    }

    private static Measures measures(RoundTrips pings) {
        return Measures.ofBytes(0)
                .with(pings.curve())
                .with(Metric.PING_AVERAGE, pings.averageMillis())
                .with(Metric.PING_P50, pings.medianMillis())
                .with(Metric.PING_P99, pings.p99Millis())
                .with(Metric.PING_MAX, pings.maxMillis())
                .with(Metric.PING_JITTER, pings.jitterMillis())
                .with(Metric.PING_SPIKE, pings.spikeRatio())
                .with(Metric.PING_LOST, (double) pings.lost());
    }

    private static RoundTrips probe(Ends ends, int count) throws IOException, InterruptedException {
        try (EchoProbe probe = EchoProbe.open(ends)) {
            return RoundTrips.of(probe.play(count, INTERVAL_NANOS));
        }
    }
}
