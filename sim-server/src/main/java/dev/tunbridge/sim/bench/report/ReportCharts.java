package dev.tunbridge.sim.bench.report;

import dev.tunbridge.sim.bench.load.Workload;
import dev.tunbridge.sim.bench.measure.Measures;
import dev.tunbridge.sim.bench.measure.Metric;
import dev.tunbridge.sim.bench.measure.Spread;
import dev.tunbridge.sim.bench.measure.StallBins;
import dev.tunbridge.sim.bench.measure.Timeline;
import dev.tunbridge.sim.bench.peer.Peer;
import dev.tunbridge.sim.link.LinkProfile;
import dev.tunbridge.sim.plot.Axis;
import dev.tunbridge.sim.plot.Chart;
import dev.tunbridge.sim.plot.HeatMap;
import dev.tunbridge.sim.plot.Point;
import dev.tunbridge.sim.plot.Series;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** What of a report is drawn, and how it is called. Where nothing was measured there is no chart. */
final class ReportCharts {
    /** From one end of an axis to the other, beyond which a logarithmic one shows more. */
    private static final double WIDE = 30;

    /** Of a rate over time: more could not be told apart. */
    private static final int MOST_POINTS = 120;

    private final BenchReport report;

    /** A chart of bars, whose places are indices of these. */
    record Bars(Chart chart, List<String> categories) {}

    ReportCharts(BenchReport report) {
        this.report = report;
    }

    /** One for each workload and figure, and another for kernel pairs, whose rates would hide all others. */
    List<Bars> bars() {
        List<Bars> bars = new ArrayList<>();
        for (Workload workload : report.plan().workloads()) {
            for (Metric metric : headlines(workload)) {
                for (LinkProfile.Carrier carrier : LinkProfile.Carrier.values()) {
                    bars(workload, metric, carrier).ifPresent(bars::add);
                }
            }
        }
        return bars;
    }

    /** What a workload is about, and the latency that matters where it has any. */
    static List<Metric> headlines(Workload workload) {
        return Stream.concat(
                        workload.metrics().stream().limit(1),
                        workload.metrics().stream().filter(metric -> metric == Metric.LATENCY_P99))
                .distinct()
                .toList();
    }

    private Optional<Bars> bars(Workload workload, Metric metric, LinkProfile.Carrier carrier) {
        List<LinkProfile> profiles = report.plan().profiles().stream()
                .filter(profile -> profile.carrier() == carrier)
                .toList();
        List<Series> series = new ArrayList<>();
        for (Peer peer : report.played()) {
            List<Point> points = new ArrayList<>();
            for (int place = 0; place < profiles.size(); place++) {
                int at = place;
                report.spread(profiles.get(place), workload, peer.name(), metric)
                        .ifPresent(spread -> points.add(new Point(at, spread.median(), spread.least(), spread.most())));
            }
            if (!points.isEmpty()) {
                series.add(new Series(peer.name(), points));
            }
        }
        Chart chart =
                new Chart(titled(workload.describe(), metric), Axis.linear("link"), Axis.linear(metric.unit()), series);
        return series.isEmpty()
                ? Optional.empty()
                : Optional.of(
                        new Bars(chart, profiles.stream().map(LinkProfile::name).toList()));
    }

    private static String titled(String what, Metric metric) {
        return what + ": " + metric.label() + " (" + metric.better().words() + ")";
    }

    /** One for each profile. */
    List<Chart> latencyOverRate() {
        List<Chart> charts = new ArrayList<>();
        for (LinkProfile profile : report.plan().profiles()) {
            for (RateAndLatency pair : pairs()) {
                Chart chart = latencyOverRate(profile, pair);
                if (!chart.series().isEmpty()) {
                    charts.add(chart);
                }
            }
        }
        return charts;
    }

    private record RateAndLatency(Workload rated, Metric rate, Workload probed, Metric latency) {}

    /** A ping and its load of the same cell, where there are any; else the first rate and the first latency. */
    private List<RateAndLatency> pairs() {
        List<RateAndLatency> together = report.plan().workloads().stream()
                .filter(workload -> workload.metrics().contains(Metric.LOAD_RATE)
                        && workload.metrics().contains(Metric.PING_AVERAGE))
                .map(workload -> new RateAndLatency(workload, Metric.LOAD_RATE, workload, Metric.PING_AVERAGE))
                .toList();
        if (!together.isEmpty()) {
            return together;
        }
        return first(Metric.RATE).stream()
                .flatMap(rated -> Stream.of(Metric.PING_AVERAGE, Metric.LATENCY_P99)
                        .flatMap(latency -> first(latency).stream()
                                .map(probed -> new RateAndLatency(rated, Metric.RATE, probed, latency))))
                .limit(1)
                .toList();
    }

    private Optional<Workload> first(Metric metric) {
        return report.plan().workloads().stream()
                .filter(workload -> workload.metrics().contains(metric))
                .findFirst();
    }

    private Chart latencyOverRate(LinkProfile profile, RateAndLatency pair) {
        List<Series> series = new ArrayList<>();
        for (Peer peer : report.played()) {
            Optional<Spread> rate = report.spread(profile, pair.rated, peer.name(), pair.rate);
            Optional<Spread> latency = report.spread(profile, pair.probed, peer.name(), pair.latency);
            if (rate.isPresent() && latency.isPresent()) {
                series.add(new Series(
                        peer.name(),
                        List.of(Point.of(rate.get().median(), latency.get().median()))));
            }
        }
        List<Point> points =
                series.stream().flatMap(one -> one.points().stream()).toList();
        return new Chart(
                profile.name() + ": latency against rate (→ and ↓ are better)",
                axis(
                        pair.rated.describe() + ": " + pair.rate.label() + ", " + pair.rate.unit(),
                        points.stream().mapToDouble(Point::x).toArray()),
                axis(
                        pair.latency.label() + ", " + pair.latency.unit(),
                        points.stream().mapToDouble(Point::y).toArray()),
                series);
    }

    /** Logarithmic where the values need and allow it. */
    private static Axis axis(String label, double... values) {
        return Spread.of(values)
                .filter(spread -> spread.least() > 0 && spread.most() / spread.least() > WIDE)
                .map(spread -> Axis.logarithmic(label))
                .orElse(Axis.linear(label));
    }

    /** How much of the clean rate each peer keeps on each impaired profile: one for each workload that has such. */
    List<HeatMap> kept() {
        Map<String, List<Derived>> byTitle = new LinkedHashMap<>();
        for (Derived figure : report.derived()) {
            if (figure.kind() == Derived.Kind.KEPT) {
                String title =
                        titled(figure.workload().describe() + ", % kept of the clean link's rate", figure.metric());
                byTitle.computeIfAbsent(title, key -> new ArrayList<>()).add(figure);
            }
        }
        List<HeatMap> maps = new ArrayList<>();
        byTitle.forEach((title, figures) -> maps.add(heatMap(title, figures)));
        return maps;
    }

    private static HeatMap heatMap(String title, List<Derived> figures) {
        List<String> peers = figures.stream().map(Derived::peer).distinct().toList();
        List<String> profiles = figures.stream()
                .map(figure -> figure.profile().name())
                .distinct()
                .toList();
        List<HeatMap.Tile> tiles = figures.stream()
                .map(figure -> new HeatMap.Tile(
                        peers.indexOf(figure.peer()),
                        profiles.indexOf(figure.profile().name()),
                        100 * figure.spread().median()))
                .toList();
        double most = Math.max(
                100, tiles.stream().mapToDouble(HeatMap.Tile::value).max().orElse(0));
        return new HeatMap(title, "peer", "link", peers, profiles, tiles, most);
    }

    /** Latency by percentile, for each profile and workload that has datagrams or round trips. */
    List<Chart> latencies() {
        return curves(
                "latency by percentile (← less is better)",
                Axis.linear("% of datagrams or probes that took no longer"),
                "ms",
                measures -> measures.latencies()
                        .map(curve -> curve.places().stream()
                                .map(place -> Point.of(place.percent(), place.millis()))
                                .toList()));
    }

    /** What arrives as time goes by, for each profile and workload of TCP. */
    List<Chart> rates() {
        return curves(
                "rate over time (→ more is better)",
                Axis.linear("seconds"),
                "Mbit/s",
                measures -> measures.timeline().map(Timeline::bins).map(ReportCharts::points));
    }

    private static List<Point> points(StallBins bins) {
        int binsAPoint = Math.max(2, (bins.count() + MOST_POINTS - 1) / MOST_POINTS);
        List<Point> points = new ArrayList<>();
        for (int bin = 0; bin + binsAPoint <= bins.count(); bin += binsAPoint) {
            double seconds = (bin + binsAPoint / 2.0) * bins.binNanos() / 1e9;
            points.add(Point.of(seconds, bins.megabitsPerSecond(bin, bin + binsAPoint)));
        }
        return points;
    }

    /** Places of one cell's curve, at the same values in every repetition; empty where it has none. */
    private interface Trace {
        Optional<List<Point>> of(Measures measures);
    }

    private List<Chart> curves(String title, Axis x, String unit, Trace trace) {
        List<Chart> charts = new ArrayList<>();
        for (LinkProfile profile : report.plan().profiles()) {
            for (Workload workload : report.plan().workloads()) {
                List<Series> series = new ArrayList<>();
                for (Peer peer : report.played()) {
                    List<Point> points = merged(report.measures(profile, workload, peer.name()).stream()
                            .flatMap(measures -> trace.of(measures).stream())
                            .toList());
                    if (!points.isEmpty()) {
                        series.add(new Series(peer.name(), points));
                    }
                }
                if (!series.isEmpty()) {
                    charts.add(new Chart(
                            profile.name() + ", " + workload.describe() + ": " + title,
                            x,
                            axis(
                                    unit,
                                    series.stream()
                                            .flatMap(one -> one.points().stream())
                                            .mapToDouble(Point::y)
                                            .toArray()),
                            series));
                }
            }
        }
        return charts;
    }

    /** Median and quartiles of the repetitions, place by place. */
    private static List<Point> merged(List<List<Point>> runs) {
        if (runs.isEmpty()) {
            return List.of();
        }
        int places = runs.stream().mapToInt(List::size).min().orElse(0);
        List<Point> points = new ArrayList<>();
        for (int place = 0; place < places; place++) {
            int at = place;
            points.add(Point.ofValues(
                    runs.get(0).get(at).x(),
                    runs.stream().mapToDouble(run -> run.get(at).y()).toArray()));
        }
        return points;
    }
}
