package dev.tunbridge.sim.bench.report;

import dev.tunbridge.sim.bench.load.Workload;
import dev.tunbridge.sim.bench.measure.Measures;
import dev.tunbridge.sim.bench.measure.Metric;
import dev.tunbridge.sim.bench.measure.Spread;
import dev.tunbridge.sim.bench.peer.Peer;
import dev.tunbridge.sim.bench.plan.BenchPlan;
import dev.tunbridge.sim.bench.plan.Cell;
import dev.tunbridge.sim.link.LinkProfile;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/** What a benchmark has found: all cells, and by peer the medians and the ratios pair by pair. */
public final class BenchReport implements BenchResult {
    private final BenchPlan plan;
    private final List<Cell.Outcome> outcomes;
    private final Map<String, String> missing;
    private final Optional<Comparison> comparison;

    public BenchReport(BenchPlan plan, List<Cell.Outcome> outcomes, Map<String, String> missing) {
        this(plan, outcomes, missing, Optional.empty());
    }

    private BenchReport(
            BenchPlan plan, List<Cell.Outcome> outcomes, Map<String, String> missing, Optional<EarlierRun> earlier) {
        this.plan = plan;
        this.outcomes = List.copyOf(outcomes);
        this.missing = Map.copyOf(missing);
        comparison = earlier.map(run -> Comparison.of(run, this));
    }

    /** Where it was measured: absolute figures hold there only. */
    record Machine(int cores, String kernel) {}

    Machine machine() {
        return new Machine(Runtime.getRuntime().availableProcessors(), System.getProperty("os.version", "unknown"));
    }

    /** One page with tables and charts. */
    public String html() throws IOException {
        return new BenchHtml(this).page();
    }

    /** The same report, with what has become better and worse since. */
    public BenchReport against(EarlierRun earlier) {
        return new BenchReport(plan, outcomes, missing, Optional.of(earlier));
    }

    Optional<Comparison> comparison() {
        return comparison;
    }

    /** What cells yield together. */
    List<Derived> derived() {
        return Derived.of(this);
    }

    @Override
    public String table() {
        return new BenchTable(this).toString();
    }

    @Override
    public String json() {
        return new BenchJson(this).toString();
    }

    /**
     * Whether every cell was measured, and nothing is worse than before; a peer that is missing here counts nothing, nor
     * does what a peer cannot play.
     */
    @Override
    public boolean isSuccess() {
        return failures().isEmpty()
                && comparison.filter(Comparison::isRegression).isEmpty();
    }

    public BenchPlan plan() {
        return plan;
    }

    public List<Cell.Outcome> outcomes() {
        return outcomes;
    }

    /** Why each peer that did not play was left out. */
    public Map<String, String> missing() {
        return missing;
    }

    List<Peer> played() {
        return plan.peers().stream()
                .filter(peer -> !missing.containsKey(peer.name()))
                .toList();
    }

    public List<Cell.Failed> failures() {
        return outcomes.stream()
                .filter(Cell.Failed.class::isInstance)
                .map(Cell.Failed.class::cast)
                .toList();
    }

    /** What was not played, once for all repetitions. */
    List<Cell.Impossible> impossible() {
        return outcomes.stream()
                .filter(Cell.Impossible.class::isInstance)
                .map(Cell.Impossible.class::cast)
                .filter(impossible -> impossible.cell().run() == 0)
                .toList();
    }

    SuccessRate successRate() {
        return SuccessRate.of(outcomes);
    }

    SuccessRate successRate(String peer) {
        return SuccessRate.of(outcomes.stream()
                .filter(outcome -> outcome.cell().peer().name().equals(peer))
                .toList());
    }

    /** The metrics of a workload, what the tunnel says of itself and what it costs coming last. */
    static List<Metric> metrics(Workload workload) {
        return Stream.concat(
                        workload.metrics().stream(),
                        Stream.of(
                                Metric.OWN_SUPPRESSED,
                                Metric.OWN_DROPPED,
                                Metric.OWN_EARLY,
                                Metric.OWN_WAITED,
                                Metric.OWN_WAIT_P99,
                                Metric.CPU_DEVICE,
                                Metric.CPU_SERVER,
                                Metric.CPU_PER_GIGABYTE,
                                Metric.MEMORY_DEVICE,
                                Metric.MEMORY_SERVER))
                .toList();
    }

    Optional<Spread> spread(LinkProfile profile, Workload workload, String peer, Metric metric) {
        return Spread.of(byRun(profile, workload, peer, metric).values().stream()
                .mapToDouble(Double::doubleValue)
                .toArray());
    }

    /** Against the reference; empty for the reference itself. */
    Optional<Spread> ratio(LinkProfile profile, Workload workload, String peer, Metric metric) {
        return peer.equals(plan.reference())
                ? Optional.empty()
                : Spread.ofRatios(
                        byRun(profile, workload, peer, metric), byRun(profile, workload, plan.reference(), metric));
    }

    /** All that was measured of a peer, in the order of the repetitions. */
    List<Measures> measures(LinkProfile profile, Workload workload, String peer) {
        return outcomes.stream()
                .filter(outcome -> outcome.cell().profile().equals(profile)
                        && outcome.cell().workload().equals(workload)
                        && outcome.cell().peer().name().equals(peer))
                .filter(Cell.Measured.class::isInstance)
                .map(outcome -> ((Cell.Measured) outcome).measures())
                .toList();
    }

    /** What was measured, by repetition. */
    public Map<Integer, Double> byRun(LinkProfile profile, Workload workload, String peer, Metric metric) {
        Map<Integer, Double> values = new TreeMap<>();
        for (Cell.Outcome outcome : outcomes) {
            Cell cell = outcome.cell();
            if (outcome instanceof Cell.Measured measured
                    && cell.profile().equals(profile)
                    && cell.workload().equals(workload)
                    && cell.peer().name().equals(peer)) {
                measured.measures().value(metric).ifPresent(value -> values.put(cell.run(), value));
            }
        }
        return values;
    }
}
