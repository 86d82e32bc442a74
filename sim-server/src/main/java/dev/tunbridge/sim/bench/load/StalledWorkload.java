package dev.tunbridge.sim.bench.load;

import dev.tunbridge.sim.bench.measure.Measures;
import dev.tunbridge.sim.bench.measure.Metric;
import dev.tunbridge.sim.bench.measure.StallBins;
import dev.tunbridge.sim.bench.peer.Direction;
import dev.tunbridge.sim.bench.peer.Spec;
import dev.tunbridge.sim.bench.peer.Tunnel;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/**
 * Many clients load from the device as fast as they can, and in the middle one of them stops to read: what do the others lose?
 *
 * @param half of the time
 */
record StalledWorkload(int flows, Duration half) implements Workload {
    private static final int FLOWS = 100;
    private static final int MAX_FLOWS = 1_000;
    private static final int HALF_SECONDS = 8;

    /** Of each half, in which rates settle, and the buffers of the one who has stopped fill. */
    private static final int SETTLING_PARTS = 4;

    static StalledWorkload of(Spec spec, int seconds) {
        return new StalledWorkload(
                spec.number("flows", FLOWS, 2, MAX_FLOWS), Workload.seconds(spec, seconds, HALF_SECONDS));
    }

    @Override
    public String describe() {
        return "stalled, " + flows + " flows up, one of them without a reader after " + half.toSeconds() + " s, "
                + half.toSeconds() + " s more";
    }

    @Override
    public Duration length() {
        return half.multipliedBy(2);
    }

    @Override
    public boolean isMadeOfConnections() {
        return true;
    }

    @Override
    public List<Metric> metrics() {
        return List.of(Metric.OTHERS_LOST, Metric.RATE_BEFORE, Metric.RATE);
    }

    @Override
    public Measures play(Tunnel tunnel) throws IOException, InterruptedException {
        try (BulkTransfer transfer = BulkTransfer.open(tunnel.ends(), Direction.UP, flows)) {
            transfer.start(length().toNanos());
            transfer.let(half.toNanos());
            transfer.stopReadingOne();
            long stoppedAt = System.nanoTime();
            BulkTransfer.Outcome outcome = transfer.awaitEnd(half.toNanos());
            StallBins bins = outcome.bins();
            long settling = half.toNanos() / SETTLING_PARTS;
            double before = bins.megabitsPerSecond(bins.binAt(bins.startNanos() + settling), bins.binAt(stoppedAt));
            double after = bins.megabitsPerSecond(bins.binAt(stoppedAt + settling), bins.count());
            double shareOfOthers = (flows - 1.0) / flows;
            return Measures.ofBytes(bins.totalBytes())
                    .with(Metric.OTHERS_LOST, 100 * (1 - after / (before * shareOfOthers)))
                    .with(Metric.RATE_BEFORE, before)
                    .with(Metric.RATE, after);
        }
    }
}
