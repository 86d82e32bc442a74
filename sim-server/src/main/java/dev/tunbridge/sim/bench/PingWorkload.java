package dev.tunbridge.sim.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/**
 * Round trips five times a second, through an idle tunnel, or first that and then beside one flow that fills it.
 *
 * @param length of the time that is measured; the idle time before a load comes on top
 */
record PingWorkload(Optional<Direction> load, Duration length) implements Workload {
    private static final int SECONDS = 10;
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
        List<Metric> metrics =
                new ArrayList<>(List.of(Metric.PING_AVERAGE, Metric.PING_MAX, Metric.PING_JITTER, Metric.PING_LOST));
        if (load.isPresent()) {
            metrics.addAll(
                    List.of(Metric.PING_IDLE, Metric.PING_ADDED, Metric.LOAD_RATE, Metric.INNER_RETRANSMISSIONS));
        }
        return metrics;
    }

    @Override
    public Measures play(Tunnel tunnel) throws IOException, InterruptedException {
        Ends ends = tunnel.ends();
        int probes = (int) (length.toNanos() / INTERVAL_NANOS);
        if (load.isEmpty()) {
            return probe(ends, probes);
        }
        double idleMillis = probe(ends, Math.min(probes, IDLE_PROBES))
                .value(Metric.PING_AVERAGE)
                .orElseThrow();
        long loadNanos = TimeUnit.SECONDS.toNanos(FILLING_SECONDS) + length.toNanos();
        try (BulkTransfer transfer = BulkTransfer.open(ends, load.get(), 1)) {
            transfer.start(loadNanos);
            TimeUnit.SECONDS.sleep(FILLING_SECONDS);
            Measures pings = probe(ends, probes);
            BulkTransfer.Outcome outcome = transfer.awaitEnd(0);
            double loadedMillis = pings.value(Metric.PING_AVERAGE).orElseThrow();
            return pings.withBytes(outcome.bins().totalBytes())
                    .with(Metric.PING_IDLE, idleMillis)
                    .with(Metric.PING_ADDED, loadedMillis - idleMillis)
                    .with(Metric.LOAD_RATE, outcome.bins().megabitsPerSecond())
                    .with(Metric.INNER_RETRANSMISSIONS, (double) outcome.retransmissions());
        }
    }

    private static Measures probe(Ends ends, int count) throws IOException, InterruptedException {
        try (EchoProbe probe = EchoProbe.open(ends)) {
            long[] times = probe.play(count, INTERVAL_NANOS);
            long[] answered = Arrays.stream(times)
                    .filter(nanos -> nanos != EchoProbe.LOST)
                    .toArray();
            if (answered.length == 0) {
                throw new IOException("none of " + count + " probes was answered");
            }
            return Measures.ofBytes(0)
                    .with(LatencyCurve.of(answered))
                    .with(Metric.PING_AVERAGE, Arrays.stream(answered).average().orElseThrow() / 1e6)
                    .with(Metric.PING_MAX, Arrays.stream(answered).max().orElseThrow() / 1e6)
                    .with(Metric.PING_JITTER, jitterNanos(answered) / 1e6)
                    .with(Metric.PING_LOST, (double) (count - answered.length));
        }
    }

    /** The mean difference from one round trip to the next, up or down (RFC 3393); 0 of a single one. */
    static double jitterNanos(long[] times) {
        return IntStream.range(1, times.length)
                .mapToLong(number -> Math.abs(times[number] - times[number - 1]))
                .average()
                .orElse(0);
    }
}
