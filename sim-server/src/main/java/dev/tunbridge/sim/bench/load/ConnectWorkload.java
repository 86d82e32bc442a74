package dev.tunbridge.sim.bench.load;

import dev.tunbridge.sim.bench.measure.Measures;
import dev.tunbridge.sim.bench.measure.Metric;
import dev.tunbridge.sim.bench.peer.Spec;
import dev.tunbridge.sim.bench.peer.Tunnel;
import dev.tunbridge.sim.traffic.WebContent;
import dev.tunbridge.sim.traffic.WebLoad;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Fresh TCP connections to the device, one after the other: how long until one stands, and until the first byte of the
 * answer to a small request is there.
 *
 * @param length after which no other begins
 */
record ConnectWorkload(int connections, Duration length) implements Workload {
    private static final int SECONDS = 30;
    private static final int CONNECTIONS = 100;
    private static final int MAX_CONNECTIONS = 10_000;

    static ConnectWorkload of(Spec spec, int seconds) {
        return new ConnectWorkload(
                spec.number("n", CONNECTIONS, 1, MAX_CONNECTIONS), Workload.seconds(spec, seconds, SECONDS));
    }

    @Override
    public String describe() {
        return "connect, " + connections + " in turn, at most " + length.toSeconds() + " s";
    }

    @Override
    public boolean isMadeOfConnections() {
        return true;
    }

    @Override
    public List<Metric> metrics() {
        return List.of(
                Metric.CONNECT_P50,
                Metric.CONNECT_P99,
                Metric.FIRST_BYTE_P50,
                Metric.FIRST_BYTE_P99,
                Metric.FETCH_RATE,
                Metric.FETCHES_FAILED);
    }

    @Override
    public Measures play(Tunnel tunnel) throws IOException, InterruptedException {
        WebLoad.Plan plan =
                new WebLoad.Plan(WebContent.ofOne(1), connections, 1, WebLoad.Connections.FRESH, length.toNanos());
        WebPlay play = WebPlay.of(tunnel.ends(), plan, Optional.empty());
        // A figure by volume would be none: a byte each.
        return Measures.ofBytes(0)
                .with(Metric.CONNECT_P50, play.percentileMillis(WebLoad.Fetch::connectNanos, 50))
                .with(Metric.CONNECT_P99, play.percentileMillis(WebLoad.Fetch::connectNanos, 99))
                .with(Metric.FIRST_BYTE_P50, play.percentileMillis(WebLoad.Fetch::firstByteNanos, 50))
                .with(Metric.FIRST_BYTE_P99, play.percentileMillis(WebLoad.Fetch::firstByteNanos, 99))
                .with(
                        Metric.FETCH_RATE,
                        play.outcome().fetches().size() * 1e9 / play.outcome().nanos())
                .with(Metric.FETCHES_FAILED, (double) play.outcome().failed());
    }
}
