package dev.tunbridge.sim.bench.campaign;

import dev.tunbridge.sim.bench.measure.Metric;
import dev.tunbridge.sim.bench.measure.Spread;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * One promise about one workload: what a peer has to show, by itself or against another of the same repetitions.
 *
 * @param against whom the bound refers to; empty for a bound in the metric's own unit
 * @param relation how the two are compared; a share where there is nobody to compare with
 * @param onlyWhere a count of the other without which a repetition promises nothing; empty for every repetition
 */
record Figure(
        Metric metric,
        String peer,
        Optional<String> against,
        Bound bound,
        double limit,
        Relation relation,
        Optional<Metric> onlyWhere) {

    /** What the limit is, beside another peer. */
    enum Relation {
        /** Times what the other has. */
        SHARE,
        /** In the metric's unit, on top of what the other has. */
        DIFFERENCE
    }

    enum Bound {
        AT_MOST("≤"),
        LESS_THAN("<"),
        AT_LEAST("≥"),
        MORE_THAN(">");

        private final String sign;

        Bound(String sign) {
            this.sign = sign;
        }

        private boolean holds(double value, double limit) {
            return switch (this) {
                case AT_MOST -> value <= limit;
                case LESS_THAN -> value < limit;
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
        return new Figure(metric, peer, Optional.empty(), bound, limit, Relation.SHARE, Optional.empty());
    }

    static Figure against(String other, Metric metric, String peer, Bound bound, double share) {
        return new Figure(metric, peer, Optional.of(other), bound, share, Relation.SHARE, Optional.empty());
    }

    /** At most so much above the other, in the metric's unit. */
    static Figure above(String other, Metric metric, String peer, double most) {
        return new Figure(metric, peer, Optional.of(other), Bound.AT_MOST, most, Relation.DIFFERENCE, Optional.empty());
    }

    /** The same promise, but only for repetitions in which the other has counted any of these. */
    Figure where(Metric count) {
        return new Figure(metric, peer, against, bound, limit, relation, Optional.of(count));
    }

    /** As a table shows it: {@code ≤ 0.04 × vtun}, {@code ≤ direct + 15 ms} or {@code ≤ 2 ms}. */
    String target() {
        String number = String.format(Locale.ROOT, "%.4g", limit).replaceAll("\\.?0+$", "");
        String compared = against.map(other -> relation == Relation.SHARE
                        ? number + " × " + other
                        : other + " + " + number + " " + metric.unit())
                .orElse(number + " " + metric.unit());
        return bound.sign + " " + compared
                + onlyWhere.map(count -> ", where it has " + count.label()).orElse("");
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
        boolean isReached = relation == Relation.DIFFERENCE
                ? bound.holds(difference(paired, others), limit)
                : ratio.map(share -> bound.holds(share, limit)).orElse(bound.holds(value, 0));
        return Optional.of(new Verdict(this, value, Optional.of(reference), ratio, paired.size(), isReached));
    }

    /** Of the sums, or the median of the differences pair by pair. */
    private double difference(Map<Integer, Double> values, Map<Integer, Double> others) {
        Map<Integer, Double> differences = new TreeMap<>();
        values.forEach((run, value) -> differences.put(run, value - others.getOrDefault(run, 0.0)));
        return summary(differences);
    }

    private double summary(Map<Integer, Double> byRun) {
        double[] values =
                byRun.values().stream().mapToDouble(Double::doubleValue).toArray();
        return metric.isCount()
                ? java.util.Arrays.stream(values).sum()
                : Spread.of(values).map(Spread::median).orElse(0.0);
    }
}
