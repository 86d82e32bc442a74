package dev.tunbridge.sim.bench.report;

import dev.tunbridge.sim.bench.load.TcpWorkload;
import dev.tunbridge.sim.bench.load.Workload;
import dev.tunbridge.sim.bench.measure.Metric;
import dev.tunbridge.sim.bench.measure.Spread;
import dev.tunbridge.sim.bench.peer.Peer;
import dev.tunbridge.sim.link.LinkProfile;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A figure that two cells of one peer yield together, repetition by repetition.
 *
 * @param over what the value is divided by: {@code 1 flow}, or the name of the clean profile
 * @param spread of the quotients
 */
record Derived(
        Kind kind, LinkProfile profile, Workload workload, String over, String peer, Metric metric, Spread spread) {

    enum Kind {
        /** How many times the rate of one flow several have: 1 on a link that is the bottleneck. */
        SCALING("scaling"),
        /** Which part of the rate over the clean link is left over the impaired one. */
        KEPT("kept");

        private final String word;

        Kind(String word) {
            this.word = word;
        }

        /** As JSON and tables call it. */
        String word() {
            return word;
        }
    }

    /** Impaired profiles, and what each would be without impairment (or nearly: baseline has less delay, too). */
    private static final Map<String, String> CLEAN =
            Map.of("low", "baseline", "medium", "baseline", "high", "baseline", "wan1", "wan0", "wan3", "wan0");

    /** All that the report has cells for, in its order. */
    static List<Derived> of(BenchReport report) {
        List<Derived> all = new ArrayList<>();
        for (Kind kind : Kind.values()) {
            for (LinkProfile profile : report.plan().profiles()) {
                for (Workload workload : report.plan().workloads()) {
                    for (Metric metric : workload.metrics()) {
                        if (metric.isRate()) {
                            for (Peer peer : report.played()) {
                                of(report, kind, profile, workload, peer.name(), metric)
                                        .ifPresent(all::add);
                            }
                        }
                    }
                }
            }
        }
        return all;
    }

    private static Optional<Derived> of(
            BenchReport report, Kind kind, LinkProfile profile, Workload workload, String peer, Metric metric) {
        Map<Integer, Double> values = report.byRun(profile, workload, peer, metric);
        return switch (kind) {
            case SCALING ->
                alone(workload)
                        .flatMap(alone -> Spread.ofRatios(values, report.byRun(profile, alone, peer, metric)))
                        .map(spread -> new Derived(kind, profile, workload, "1 flow", peer, metric, spread));
            case KEPT ->
                clean(report, profile)
                        .flatMap(clean -> Spread.ofRatios(values, report.byRun(clean, workload, peer, metric))
                                .map(spread ->
                                        new Derived(kind, profile, workload, clean.name(), peer, metric, spread)));
        };
    }

    private static Optional<Workload> alone(Workload workload) {
        return workload instanceof TcpWorkload tcp && tcp.flows() > 1
                ? Optional.of(tcp.withFlows(1))
                : Optional.empty();
    }

    private static Optional<LinkProfile> clean(BenchReport report, LinkProfile profile) {
        String name = CLEAN.getOrDefault(profile.name(), "");
        return report.plan().profiles().stream()
                .filter(other -> other.name().equals(name))
                .findFirst();
    }

    /** The same of every peer. */
    String title() {
        return kind.word + ": " + profile.name() + ", " + workload.describe() + " over " + over + ": " + metric.label();
    }
}
