package dev.tunbridge.sim.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.List;

/** TCP as fast as it goes. */
record TcpWorkload(Direction direction, int flows, Duration length) implements Workload {
    private static final int SECONDS = 10;
    private static final int MAX_FLOWS = 256;

    static TcpWorkload of(Spec spec, int seconds) {
        return new TcpWorkload(
                Workload.direction(spec),
                spec.number("flows", 1, 1, MAX_FLOWS),
                Workload.seconds(spec, seconds, SECONDS));
    }

    @Override
    public String describe() {
        return "tcp " + direction.word() + ", " + flows + (flows == 1 ? " flow, " : " flows, ") + length.toSeconds()
                + " s";
    }

    @Override
    public List<Metric> metrics() {
        return List.of(
                Metric.RATE,
                Metric.STALLED,
                Metric.LONGEST_STALL,
                Metric.INNER_RETRANSMISSIONS,
                Metric.INNER_RETRANSMITTED);
    }

    @Override
    public Measures play(Tunnel tunnel) throws IOException, InterruptedException {
        BulkTransfer.Outcome outcome = BulkTransfer.play(tunnel.ends(), direction, flows, length.toNanos());
        StallBins bins = outcome.bins();
        return Measures.ofBytes(bins.totalBytes())
                .with(Metric.RATE, bins.megabitsPerSecond())
                .with(Metric.STALLED, bins.stalledShare() * 100)
                .with(Metric.LONGEST_STALL, bins.longestStallNanos() / 1e9)
                .with(Metric.INNER_RETRANSMISSIONS, (double) outcome.retransmissions())
                .with(Metric.INNER_RETRANSMITTED, outcome.retransmittedBytes() / 1e3);
    }
}
