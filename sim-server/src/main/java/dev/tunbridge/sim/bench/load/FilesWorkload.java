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
 * A fixed set of files, as a page or an update has them: many small and a few large, fetched over six connections that
 * are kept, as browsers do. Each file is checked.
 *
 * @param length after which the rest is left
 */
record FilesWorkload(Duration length) implements Workload {
    private static final int SECONDS = 120;
    private static final int FILES = 100;
    private static final int TOTAL_BYTES = 10_000_000;
    private static final int PARALLEL = 6;
    private static final long SEED = 1;

    /** Of its own only: a set is fetched whole, however short other loads are to be. */
    static FilesWorkload of(Spec spec) {
        return new FilesWorkload(Workload.seconds(spec, 0, SECONDS));
    }

    @Override
    public String describe() {
        return "files, " + FILES + " of 10 MB together, " + PARALLEL + " at a time, at most " + length.toSeconds()
                + " s";
    }

    @Override
    public boolean isMadeOfConnections() {
        return true;
    }

    @Override
    public List<Metric> metrics() {
        return List.of(Metric.FILES_TIME, Metric.RATE, Metric.FILES_FETCHED, Metric.FETCHES_FAILED);
    }

    @Override
    public Measures play(Tunnel tunnel) throws IOException, InterruptedException {
        WebContent content = WebContent.ofMany(SEED, FILES, TOTAL_BYTES);
        WebLoad.Plan plan = new WebLoad.Plan(content, FILES, PARALLEL, WebLoad.Connections.KEPT, length.toNanos());
        WebLoad.Outcome outcome =
                WebPlay.of(tunnel.ends(), plan, Optional.empty()).outcome();
        int fetched = outcome.fetches().size();
        Measures measures = Measures.ofBytes(outcome.bytes())
                .with(Metric.RATE, outcome.bytes() * 8e3 / outcome.nanos())
                .with(Metric.FILES_FETCHED, (double) fetched)
                .with(Metric.FETCHES_FAILED, (double) outcome.failed());
        return fetched == FILES ? measures.with(Metric.FILES_TIME, outcome.nanos() / 1e9) : measures;
    }
}
