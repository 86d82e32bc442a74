package dev.tunbridge.sim.bench.report;

import dev.tunbridge.sim.bench.load.Workload;
import dev.tunbridge.sim.bench.measure.Better;
import dev.tunbridge.sim.bench.measure.Metric;
import dev.tunbridge.sim.bench.measure.Spread;
import dev.tunbridge.sim.bench.peer.Peer;
import dev.tunbridge.sim.link.LinkProfile;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * A run beside an earlier one. Where both have the same reference, ratios to it are compared, because the machine may be
 * another or busier today; then the reference itself is what all is measured by, and is not judged. Counts, and what has
 * no ratio, are compared as they are.
 *
 * @param onlyEarlier how many figures of this run's plan only the earlier one has
 * @param onlyNow how many only this one has
 * @param unjudged how many are extremes of too few runs
 */
record Comparison(EarlierRun earlier, List<Line> lines, int onlyEarlier, int onlyNow, int unjudged) {
    /** With fewer, their spread says little. */
    private static final int ENOUGH_RUNS = 3;

    /** Of the median: the spread that fewer runs are taken to have at least. */
    private static final double ASSUMED_SPREAD = 0.3;

    /** A difference within so many times the wider spread may be chance: of three runs each, in 3 of 1,000 figures. */
    private static final double SPREADS = 2;

    /** Less than this share of the earlier median is not worth a word. */
    private static final double LEAST_SHARE = 0.1;

    /** Standard deviations of a count (whose variance is itself) that may be chance. */
    private static final double DEVIATIONS = 3;

    enum Verdict {
        WORSE,
        BETTER,
        SAME
    }

    /** @param isRatio to the reference, rather than in the metric's unit */
    record Line(EarlierRun.Place place, Metric metric, Spread before, Spread now, boolean isRatio, Verdict verdict) {

        String change() {
            return before.median() == 0
                    ? ""
                    : String.format(Locale.ROOT, "%+.0f %%", 100 * (now.median() / before.median() - 1));
        }

        private String words(Spread spread) {
            return isRatio
                    ? String.format(Locale.ROOT, "×%.3g", spread.median())
                    : BenchTable.number(metric, spread.median());
        }
    }

    static Comparison of(EarlierRun earlier, BenchReport report) {
        Finder finder = new Finder(earlier, report);
        for (LinkProfile profile : report.plan().profiles()) {
            for (Workload workload : report.plan().workloads()) {
                for (Peer peer : report.played()) {
                    BenchReport.metrics(workload).stream()
                            .filter(metric -> metric.better() != Better.NEITHER)
                            .forEach(metric -> finder.look(profile, workload, peer.name(), metric));
                }
            }
        }
        return finder.found();
    }

    /** Goes through the figures of one report. */
    private static final class Finder {
        private final EarlierRun earlier;
        private final BenchReport report;
        private final String reference;
        private final boolean hasSameReference;
        private final List<Line> lines = new ArrayList<>();
        private final Set<EarlierRun.Place> common = new LinkedHashSet<>();
        private int onlyNow;
        private int unjudged;

        Finder(EarlierRun earlier, BenchReport report) {
            this.earlier = earlier;
            this.report = report;
            reference = report.plan().reference();
            hasSameReference = earlier.reference().equals(reference);
        }

        void look(LinkProfile profile, Workload workload, String peer, Metric metric) {
            Optional<Spread> now = report.spread(profile, workload, peer, metric);
            if (now.isEmpty()) {
                return;
            }
            EarlierRun.Place place = new EarlierRun.Place(profile.name(), workload.describe(), peer, metric.key());
            EarlierRun.Value before = earlier.values().get(place);
            if (before == null) {
                onlyNow++;
                return;
            }
            common.add(place);
            boolean isMeasure = peer.equals(reference) && report.plan().peers().size() > 1;
            if (hasSameReference && isMeasure) {
                return;
            }
            Optional<Spread> ratio = report.ratio(profile, workload, peer, metric);
            if (hasSameReference
                    && !metric.isCount()
                    && ratio.isPresent()
                    && before.ratio().isPresent()) {
                double unit = report.spread(profile, workload, reference, metric)
                        .map(Spread::median)
                        .orElse(1.0);
                add(place, metric, before.ratio().get(), ratio.get(), Optional.of(unit));
            } else {
                add(place, metric, before.spread(), now.get(), Optional.empty());
            }
        }

        /** @param unit what one of the ratios is in the metric's unit; empty for plain values */
        private void add(EarlierRun.Place place, Metric metric, Spread before, Spread now, Optional<Double> unit) {
            if (metric.isExtreme() && Math.min(before.count(), now.count()) < ENOUGH_RUNS) {
                unjudged++;
            } else {
                Verdict verdict = judge(metric, before, now, unit.orElse(1.0));
                lines.add(new Line(place, metric, before, now, unit.isPresent(), verdict));
            }
        }

        Comparison found() {
            int onlyEarlier = (int) earlier.values().keySet().stream()
                    .filter(place -> !common.contains(place) && EarlierRun.isPlanned(place, report.plan()))
                    .filter(Comparison::isJudged)
                    .count();
            return new Comparison(earlier, List.copyOf(lines), onlyEarlier, onlyNow, unjudged);
        }
    }

    /** What this program does not know any more counts as well. */
    private static boolean isJudged(EarlierRun.Place place) {
        for (Metric metric : Metric.values()) {
            if (metric.key().equals(place.metric())) {
                return metric.better() != Better.NEITHER;
            }
        }
        return true;
    }

    /**
     * Worse or better where the medians differ by more than chance and more than matters: twice the wider of the two
     * spreads (so that least and most of the two do not overlap), a tenth of the earlier, and {@link Metric#notable}.
     *
     * @param unit what one of the values is in the metric's unit: 1, or the reference of ratios
     */
    static Verdict judge(Metric metric, Spread before, Spread now, double unit) {
        double difference = now.median() - before.median();
        double chance = SPREADS * Math.max(width(before), width(now));
        if (metric.isCount()) {
            chance = Math.max(chance, DEVIATIONS * Math.sqrt(now.median() + before.median()));
        }
        double matters = Math.max(LEAST_SHARE * Math.abs(before.median()), metric.notable() / Math.abs(unit));
        if (Math.abs(difference) <= Math.max(chance, matters)) {
            return Verdict.SAME;
        }
        return difference > 0 == (metric.better() == Better.MORE) ? Verdict.BETTER : Verdict.WORSE;
    }

    private static double width(Spread spread) {
        double width = spread.most() - spread.least();
        return spread.count() >= ENOUGH_RUNS ? width : Math.max(width, ASSUMED_SPREAD * Math.abs(spread.median()));
    }

    List<Line> with(Verdict verdict) {
        return lines.stream().filter(line -> line.verdict == verdict).toList();
    }

    boolean isRegression() {
        return !with(Verdict.WORSE).isEmpty();
    }

    /** As in {@code 40 figures compared: 1 worse, none better, 39 within noise; ...}. */
    String summary() {
        return "against " + earlier.name() + ": " + lines.size() + " figures compared: "
                + with(Verdict.WORSE).size() + " worse, " + with(Verdict.BETTER).size() + " better, "
                + with(Verdict.SAME).size() + " within noise"
                + (onlyEarlier == 0 ? "" : "; " + onlyEarlier + " only there")
                + (onlyNow == 0 ? "" : "; " + onlyNow + " only here")
                + (unjudged == 0 ? "" : "; " + unjudged + " extremes not judged, which takes " + ENOUGH_RUNS + " runs");
    }

    /** What is worse, and then what is better; the head first. */
    List<List<String>> rows() {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("figure", "peer", "earlier", "now", "change", ""));
        for (Verdict verdict : List.of(Verdict.WORSE, Verdict.BETTER)) {
            for (Line line : with(verdict)) {
                EarlierRun.Place place = line.place;
                rows.add(List.of(
                        place.profile() + ", " + place.workload() + ": " + line.metric.label() + ", "
                                + (line.isRatio ? "ratio to " + earlier.reference() : line.metric.unit()),
                        place.peer(),
                        line.words(line.before),
                        line.words(line.now),
                        line.change(),
                        verdict == Verdict.WORSE ? "WORSE" : "better"));
            }
        }
        return rows;
    }
}
