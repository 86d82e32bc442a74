package dev.tunbridge.sim.bench.load;

import dev.tunbridge.sim.bench.measure.Measures;
import dev.tunbridge.sim.bench.measure.Metric;
import dev.tunbridge.sim.bench.measure.StallBins;
import dev.tunbridge.sim.bench.peer.Direction;
import dev.tunbridge.sim.bench.peer.Ends;
import dev.tunbridge.sim.bench.peer.Peer;
import dev.tunbridge.sim.bench.peer.Spec;
import dev.tunbridge.sim.bench.peer.Tunnel;
import dev.tunbridge.sim.lab.DeviceDrops;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** One QUIC stream as fast as it goes: a connection that repairs its losses itself, in datagrams. */
record QuicWorkload(Direction direction, Duration length) implements Workload {
    private static final int SECONDS = 10;

    static QuicWorkload of(Spec spec, int seconds) {
        return new QuicWorkload(Workload.direction(spec), Workload.seconds(spec, seconds, SECONDS));
    }

    @Override
    public String describe() {
        return "quic " + direction.word() + ", " + length.toSeconds() + " s";
    }

    @Override
    public List<Metric> metrics() {
        return List.of(Metric.RATE, Metric.STALLED, Metric.LONGEST_STALL, Metric.TUN_DROPPED, Metric.QDISC_DROPPED);
    }

    @Override
    public Optional<String> cannotThrough(Peer peer) {
        return Workload.super.cannotThrough(peer).or(QuicTransfer::unavailable);
    }

    @Override
    public Measures play(Tunnel tunnel) throws IOException, InterruptedException {
        DeviceDrops before = tunnel.drops(direction);
        StallBins bins = transfer(tunnel.ends(), length);
        return Measures.ofBytes(bins.totalBytes())
                .with(Metric.RATE, bins.megabitsPerSecond())
                .with(Metric.STALLED, bins.stalledShare() * 100)
                .with(Metric.LONGEST_STALL, bins.longestStallNanos() / 1e9)
                .with(tunnel.drops(direction).since(before));
    }

    @Override
    public void warmUp(Tunnel tunnel, Duration time) throws IOException, InterruptedException {
        transfer(tunnel.ends(), time);
    }

    private StallBins transfer(Ends ends, Duration time) throws IOException, InterruptedException {
        try (QuicTransfer transfer = QuicTransfer.open(ends)) {
            return transfer.play(direction, time.toNanos());
        }
    }
}
