package dev.tunbridge.sim.bench.load;

import dev.tunbridge.sim.bench.measure.Measures;
import dev.tunbridge.sim.bench.measure.Metric;
import dev.tunbridge.sim.bench.measure.StallBins;
import dev.tunbridge.sim.bench.measure.Timeline;
import dev.tunbridge.sim.bench.peer.Direction;
import dev.tunbridge.sim.bench.peer.Ends;
import dev.tunbridge.sim.bench.peer.Peer;
import dev.tunbridge.sim.bench.peer.Spec;
import dev.tunbridge.sim.bench.peer.Tunnel;
import dev.tunbridge.sim.lab.DeviceDrops;
import dev.tunbridge.sim.wire.CarriedBytes;
import dev.tunbridge.sim.wire.CarriedWatch;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * TCP as fast as it goes.
 *
 * @param countsCarried whether what comes out of the tunnel at the server's side is captured, to count what came twice
 * @param isSampled whether the connections are looked at as time goes by
 */
public record TcpWorkload(Direction direction, int flows, Duration length, boolean countsCarried, boolean isSampled)
        implements Workload {
    private static final int SECONDS = 10;
    private static final int MAX_FLOWS = 256;

    static TcpWorkload of(Spec spec, int seconds) {
        TcpWorkload workload = new TcpWorkload(
                Workload.direction(spec),
                spec.number("flows", 1, 1, MAX_FLOWS),
                Workload.seconds(spec, seconds, SECONDS),
                spec.flag("carried"),
                spec.flag("timeline"));
        if (workload.direction == Direction.DOWN && (workload.countsCarried || workload.isSampled)) {
            throw spec.wrong("tcp down", "carried and timeline with tcp:up, where the device sends");
        }
        return workload;
    }

    /** The same with so many. */
    public TcpWorkload withFlows(int count) {
        return new TcpWorkload(direction, count, length, countsCarried, isSampled);
    }

    @Override
    public String describe() {
        return "tcp " + direction.word() + ", " + flows + (flows == 1 ? " flow, " : " flows, ") + length.toSeconds()
                + " s";
    }

    @Override
    public boolean isMadeOfConnections() {
        return true;
    }

    @Override
    public Optional<String> cannotThrough(Peer peer) {
        return !peer.carriesPackets() && (countsCarried || isSampled)
                ? Optional.of("connections end at the proxy: no packets of theirs come out of it to be counted")
                : Workload.super.cannotThrough(peer);
    }

    @Override
    public List<Metric> metrics() {
        List<Metric> metrics = new ArrayList<>(List.of(
                Metric.RATE,
                Metric.STALLED,
                Metric.LONGEST_STALL,
                Metric.INNER_RETRANSMISSIONS,
                Metric.INNER_RETRANSMITTED,
                Metric.INNER_RETRANSMITTED_SHARE,
                Metric.LARGEST_WINDOW));
        if (countsCarried) {
            metrics.addAll(List.of(Metric.CARRIED_TWICE, Metric.CARRIED_TWICE_BYTES));
        }
        metrics.addAll(List.of(Metric.TUN_DROPPED, Metric.QDISC_DROPPED));
        return metrics;
    }

    @Override
    public Measures play(Tunnel tunnel) throws IOException, InterruptedException {
        DeviceDrops before = tunnel.drops(direction);
        Measures measures = countsCarried ? transferCounted(tunnel.ends()) : transfer(tunnel.ends());
        return measures.with(tunnel.drops(direction).since(before));
    }

    private Measures transferCounted(Ends ends) throws IOException, InterruptedException {
        try (CarriedWatch watch = CarriedWatch.start(ends.serverSide(), ends.server())) {
            Measures measures = transfer(ends);
            return withCarried(measures, watch.end());
        }
    }

    /** Nothing is added where the count is not known. */
    static Measures withCarried(Measures measures, Optional<CarriedBytes> carried) {
        return carried.map(counted -> measures.with(Metric.CARRIED_TWICE, counted.repeatedPercent())
                        .with(Metric.CARRIED_TWICE_BYTES, counted.repeatedBytes() / 1e3))
                .orElse(measures);
    }

    private Measures transfer(Ends ends) throws IOException, InterruptedException {
        try (BulkTransfer transfer = BulkTransfer.open(ends, direction, flows)) {
            if (!isSampled) {
                transfer.start(length.toNanos());
                BulkTransfer.Outcome outcome = transfer.awaitEnd(length.toNanos());
                return measures(outcome).with(new Timeline(outcome.bins(), List.of()));
            }
            try (ConnectionSampler sampler = ConnectionSampler.start(ends)) {
                transfer.start(length.toNanos());
                BulkTransfer.Outcome outcome = transfer.awaitEnd(length.toNanos());
                return measures(outcome).with(new Timeline(outcome.bins(), sampler.end()));
            }
        }
    }

    private static Measures measures(BulkTransfer.Outcome outcome) {
        StallBins bins = outcome.bins();
        return Measures.ofBytes(bins.totalBytes())
                .with(Metric.RATE, bins.megabitsPerSecond())
                .with(Metric.STALLED, bins.stalledShare() * 100)
                .with(Metric.LONGEST_STALL, bins.longestStallNanos() / 1e9)
                .with(Metric.INNER_RETRANSMISSIONS, (double) outcome.retransmissions())
                .with(Metric.INNER_RETRANSMITTED, outcome.retransmittedBytes() / 1e3)
                .with(Metric.INNER_RETRANSMITTED_SHARE, outcome.retransmittedPercent())
                .with(Metric.LARGEST_WINDOW, (double) outcome.largestWindowSegments());
    }
}
