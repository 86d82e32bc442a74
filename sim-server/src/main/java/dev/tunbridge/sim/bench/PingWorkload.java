package dev.tunbridge.sim.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.LongSummaryStatistics;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Round trips five times a second, through an idle tunnel or beside one flow that fills it. */
record PingWorkload(Optional<Direction> load, Duration length) implements Workload {
    private static final int SECONDS = 10;
    private static final long INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    /** The load fills the queues before the first probe. */
    private static final long FILLING_SECONDS = 3;

    static PingWorkload of(Spec spec, int seconds) {
        Optional<Direction> load = switch (spec.word("idle", List.of("idle", "up", "down"))) {
            case "up" -> Optional.of(Direction.UP);
            case "down" -> Optional.of(Direction.DOWN);
            default -> Optional.empty();
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
        List<Metric> metrics = new ArrayList<>(List.of(Metric.PING_AVERAGE, Metric.PING_MAX, Metric.PING_LOST));
        if (load.isPresent()) {
            metrics.addAll(List.of(Metric.LOAD_RATE, Metric.INNER_RETRANSMISSIONS));
        }
        return metrics;
    }

    @Override
    public Measures play(Tunnel tunnel) throws IOException, InterruptedException {
        Ends ends = tunnel.ends();
        if (load.isEmpty()) {
            return probe(ends);
        }
        long loadNanos = TimeUnit.SECONDS.toNanos(FILLING_SECONDS) + length.toNanos();
        try (BulkTransfer transfer = BulkTransfer.open(ends, load.get(), 1)) {
            transfer.start(loadNanos);
            TimeUnit.SECONDS.sleep(FILLING_SECONDS);
            Measures pings = probe(ends);
            BulkTransfer.Outcome outcome = transfer.awaitEnd(0);
            return new Measures(pings.values(), outcome.bins().totalBytes())
                    .with(Metric.LOAD_RATE, outcome.bins().megabitsPerSecond())
                    .with(Metric.INNER_RETRANSMISSIONS, (double) outcome.retransmissions());
        }
    }

    private Measures probe(Ends ends) throws IOException, InterruptedException {
        int count = (int) (length.toNanos() / INTERVAL_NANOS);
        try (EchoProbe probe = EchoProbe.open(ends)) {
            long[] times = probe.play(count, INTERVAL_NANOS);
            LongSummaryStatistics answered = Arrays.stream(times)
                    .filter(nanos -> nanos != EchoProbe.LOST)
                    .summaryStatistics();
            if (answered.getCount() == 0) {
                throw new IOException("none of " + count + " probes was answered");
            }
            return Measures.ofBytes(0)
                    .with(Metric.PING_AVERAGE, answered.getAverage() / 1e6)
                    .with(Metric.PING_MAX, answered.getMax() / 1e6)
                    .with(Metric.PING_LOST, (double) (count - answered.getCount()));
        }
    }
}
