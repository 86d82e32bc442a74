package dev.tunbridge.sim.bench.load;

import dev.tunbridge.sim.bench.measure.Measures;
import dev.tunbridge.sim.bench.measure.Metric;
import dev.tunbridge.sim.bench.peer.Spec;
import dev.tunbridge.sim.bench.peer.Tunnel;
import dev.tunbridge.sim.traffic.SelfSigned;
import dev.tunbridge.sim.traffic.WebContent;
import dev.tunbridge.sim.traffic.WebLoad;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Short fetches, each over a connection of its own, in plain HTTP or with TLS negotiated in full each time.
 *
 * @param bytes content of each
 * @param parallel how many at a time
 * @param length after which no other begins
 */
record HttpWorkload(Scheme scheme, int fetches, int bytes, int parallel, Duration length) implements Workload {
    private static final int SECONDS = 30;
    private static final int FETCHES = 200;
    private static final int MAX_FETCHES = 100_000;
    private static final int BYTES = 10_000;
    private static final int MAX_BYTES = 10_000_000;
    private static final int PARALLEL = 4;
    private static final int MAX_PARALLEL = 256;

    enum Scheme {
        HTTP("http"),
        HTTPS("https");

        private final String word;

        Scheme(String word) {
            this.word = word;
        }
    }

    static HttpWorkload of(Scheme scheme, Spec spec, int seconds) {
        return new HttpWorkload(
                scheme,
                spec.number("n", FETCHES, 1, MAX_FETCHES),
                spec.number("size", BYTES, 1, MAX_BYTES),
                spec.number("parallel", PARALLEL, 1, MAX_PARALLEL),
                Workload.seconds(spec, seconds, SECONDS));
    }

    @Override
    public String describe() {
        return scheme.word + ", " + fetches + " fetches of " + bytes + " bytes, " + parallel + " at a time, at most "
                + length.toSeconds() + " s";
    }

    @Override
    public boolean isMadeOfConnections() {
        return true;
    }

    @Override
    public List<Metric> metrics() {
        return List.of(
                Metric.FETCH_RATE, Metric.FETCH_P50, Metric.FETCH_P99, Metric.FIRST_BYTE_P50, Metric.FETCHES_FAILED);
    }

    @Override
    public Measures play(Tunnel tunnel) throws IOException, InterruptedException {
        Optional<SelfSigned> identity = scheme == Scheme.HTTPS ? Optional.of(SelfSigned.make()) : Optional.empty();
        WebLoad.Plan plan = new WebLoad.Plan(
                WebContent.ofOne(bytes), fetches, parallel, WebLoad.Connections.FRESH, length.toNanos());
        WebPlay play = WebPlay.of(tunnel.ends(), plan, identity);
        WebLoad.Outcome outcome = play.outcome();
        return Measures.ofBytes(outcome.bytes())
                .with(Metric.FETCH_RATE, outcome.fetches().size() * 1e9 / outcome.nanos())
                .with(Metric.FETCH_P50, play.percentileMillis(WebLoad.Fetch::nanos, 50))
                .with(Metric.FETCH_P99, play.percentileMillis(WebLoad.Fetch::nanos, 99))
                .with(Metric.FIRST_BYTE_P50, play.percentileMillis(WebLoad.Fetch::firstByteNanos, 50))
                .with(Metric.FETCHES_FAILED, (double) outcome.failed());
    }
}
