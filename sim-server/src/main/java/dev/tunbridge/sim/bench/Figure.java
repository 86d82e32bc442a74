package dev.tunbridge.sim.bench;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * One promise about one workload: what a peer has to show, by itself or against another of the same repetitions.
 *
 * @param against whom the bound refers to; empty for a bound in the metric's own unit
 */
record Figure(Metric metric, String peer, Optional<String> against, Bound bound, double limit) {

    enum Bound {
        AT_MOST("≤"),
        AT_LEAST("≥"),
        MORE_THAN(">");

        private final String sign;

        Bound(String sign) {
            this.sign = sign;
        }

        private boolean holds(double value, double limit) {
            return switch (this) {
                case AT_MOST -> value <= limit;
                case AT_LEAST -> value >= limit;
                case MORE_THAN -> value > limit;
            };
        }
    }

    /**
     * What became of it.
     *
     * @param value of the peer: counts are added up over the repetitions, because a pair of small counts has no meaningful
     *     ratio; of everything else it is the median
     * @param reference the same of the other; empty without one
     * @param ratio of the sums, or the median of the ratios pair by pair; empty where the reference is zero
     */
    record Verdict(
            Figure figure,
            double value,
            Optional<Double> reference,
            Optional<Double> ratio,
            int runs,
            boolean isReached) {}

    static Figure of(Metric metric, String peer, Bound bound, double limit) {
        return new Figure(metric, peer, Optional.empty(), bound, limit);
    }

    static Figure against(String other, Metric metric, String peer, Bound bound, double share) {
        return new Figure(metric, peer, Optional.of(other), bound, share);
    }

    /** As a table shows it: {@code ≤ 0.04 × vtun} or {@code ≤ 2 ms}. */
    String target() {
        String number = String.format(Locale.ROOT, "%.4g", limit).replaceAll("\\.?0+$", "");
        return bound.sign + " " + number + against.map(other -> " × " + other).orElse(" " + metric.unit());
    }

    /**
     * Compares repetition by repetition; one that either lacks does not count.
     *
     * @param values of the peer, by repetition
     * @param references of the other; not looked at without one
     * @return empty if nothing was measured
     */
    Optional<Verdict> judge(Map<Integer, Double> values, Map<Integer, Double> references) {
        Map<Integer, Double> paired = new TreeMap<>(values);
        if (against.isPresent()) {
            paired.keySet().retainAll(references.keySet());
        }
        if (paired.isEmpty()) {
            return Optional.empty();
        }
        double value = summary(paired);
        if (against.isEmpty()) {
            return Optional.of(new Verdict(
                    this, value, Optional.empty(), Optional.empty(), paired.size(), bound.holds(value, limit)));
        }
        Map<Integer, Double> others = new TreeMap<>(references);
        others.keySet().retainAll(paired.keySet());
        double reference = summary(others);
        Optional<Double> ratio = metric.isCount()
                ? Optional.of(value / reference).filter(Double::isFinite)
                : Spread.ofRatios(paired, others).map(Spread::median);
        boolean isReached = ratio.map(share -> bound.holds(share, limit)).orElse(bound.holds(value, 0));
        return Optional.of(new Verdict(this, value, Optional.of(reference), ratio, paired.size(), isReached));
    }

    private double summary(Map<Integer, Double> byRun) {
        double[] values =
                byRun.values().stream().mapToDouble(Double::doubleValue).toArray();
        return metric.isCount()
                ? java.util.Arrays.stream(values).sum()
                : Spread.of(values).map(Spread::median).orElse(0.0);
    }
}
