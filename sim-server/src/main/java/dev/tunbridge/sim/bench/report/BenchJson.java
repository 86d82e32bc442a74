package dev.tunbridge.sim.bench.report;

import static dev.tunbridge.bridge.json.JsonText.array;
import static dev.tunbridge.bridge.json.JsonText.field;
import static dev.tunbridge.bridge.json.JsonText.number;
import static dev.tunbridge.bridge.json.JsonText.object;
import static dev.tunbridge.bridge.json.JsonText.text;

import dev.tunbridge.bridge.json.JsonText;
import dev.tunbridge.sim.bench.load.Workload;
import dev.tunbridge.sim.bench.measure.ConnectionSample;
import dev.tunbridge.sim.bench.measure.LatencyCurve;
import dev.tunbridge.sim.bench.measure.Metric;
import dev.tunbridge.sim.bench.measure.Spread;
import dev.tunbridge.sim.bench.measure.StallBins;
import dev.tunbridge.sim.bench.measure.Timeline;
import dev.tunbridge.sim.bench.peer.Peer;
import dev.tunbridge.sim.bench.plan.BenchPlan;
import dev.tunbridge.sim.bench.plan.Cell;
import dev.tunbridge.sim.link.LinkProfile;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The report as one JSON object. */
final class BenchJson {
    private final BenchReport report;

    BenchJson(BenchReport report) {
        this.report = report;
    }

    private static String warmUps(BenchPlan plan) {
        return object(plan.profiles().stream()
                .map(profile -> field(
                        profile.name(), String.valueOf(plan.warmUp(profile).toSeconds())))
                .toArray(String[]::new));
    }

    @Override
    public String toString() {
        BenchPlan plan = report.plan();
        return object(
                        field("reference", text(plan.reference())),
                        field("runs", String.valueOf(plan.runs())),
                        field("seed", String.valueOf(plan.seed())),
                        field("warm_up_s", warmUps(plan)),
                        field("link", array(plan.linkSettings().stream().map(JsonText::text))),
                        field("missing", missing()),
                        field("success", success()),
                        field(
                                "machine",
                                object(
                                        field(
                                                "cores",
                                                String.valueOf(report.machine().cores())),
                                        field("kernel", text(report.machine().kernel())))),
                        field("comparisons", array(comparisons())),
                        field("derived", array(report.derived().stream().map(BenchJson::derived))),
                        field(
                                "against",
                                report.comparison().map(BenchJson::against).orElse("null")),
                        field("cells", array(report.outcomes().stream().map(BenchJson::cell))))
                + "\n";
    }

    private String missing() {
        return report.missing().entrySet().stream()
                .map(entry -> field(entry.getKey(), text(entry.getValue())))
                .collect(Collectors.joining(",", "{", "}"));
    }

    private String success() {
        return object(
                successFields(report.successRate()),
                field(
                        "peers",
                        report.played().stream()
                                .map(Peer::name)
                                .map(peer -> field(peer, object(successFields(report.successRate(peer)))))
                                .collect(Collectors.joining(",", "{", "}"))));
    }

    private static String successFields(SuccessRate rate) {
        return String.join(
                ",",
                field("planned", String.valueOf(rate.planned())),
                field("measured", String.valueOf(rate.measured())),
                field("retried", String.valueOf(rate.retried())));
    }

    private Stream<String> comparisons() {
        return report.plan().profiles().stream()
                .flatMap(profile -> report.plan().workloads().stream()
                        .flatMap(workload ->
                                report.played().stream().map(peer -> comparison(profile, workload, peer.name()))));
    }

    private String comparison(LinkProfile profile, Workload workload, String peer) {
        List<String> metrics = BenchReport.metrics(workload).stream()
                .flatMap(metric -> report
                        .spread(profile, workload, peer, metric)
                        .map(spread -> field(
                                metric.key(),
                                object(
                                        field("unit", text(metric.unit())),
                                        spreadFields(spread),
                                        field("ratio", ratio(report.ratio(profile, workload, peer, metric))))))
                        .stream())
                .toList();
        return object(
                field("profile", text(profile.name())),
                field("workload", text(workload.describe())),
                field("peer", text(peer)),
                field("metrics", "{" + String.join(",", metrics) + "}"));
    }

    private static String derived(Derived figure) {
        return object(
                field("kind", text(figure.kind().word())),
                field("profile", text(figure.profile().name())),
                field("workload", text(figure.workload().describe())),
                field("over", text(figure.over())),
                field("peer", text(figure.peer())),
                field("metric", text(figure.metric().key())),
                spreadFields(figure.spread()));
    }

    private static String against(Comparison comparison) {
        return object(
                field("file", text(comparison.earlier().name())),
                field("only_there", String.valueOf(comparison.onlyEarlier())),
                field("only_here", String.valueOf(comparison.onlyNow())),
                field("not_judged", String.valueOf(comparison.unjudged())),
                field("figures", array(comparison.lines().stream().map(BenchJson::compared))));
    }

    private static String compared(Comparison.Line line) {
        return object(
                field("profile", text(line.place().profile())),
                field("workload", text(line.place().workload())),
                field("peer", text(line.place().peer())),
                field("metric", text(line.place().metric())),
                field("compared", text(line.isRatio() ? "ratio" : "value")),
                field("earlier", object(spreadFields(line.before()))),
                field("now", object(spreadFields(line.now()))),
                field("verdict", text(line.verdict().name().toLowerCase(Locale.ROOT))));
    }

    private static String ratio(Optional<Spread> ratio) {
        return ratio.map(spread -> object(spreadFields(spread))).orElse("null");
    }

    private static String spreadFields(Spread spread) {
        return String.join(
                ",",
                field("median", number(spread.median())),
                field("least", number(spread.least())),
                field("most", number(spread.most())),
                field("count", String.valueOf(spread.count())));
    }

    private static String timeline(Timeline timeline) {
        return array(timeline.moments().stream()
                .map(moment -> object(
                        field("seconds", number(timeline.seconds(moment))),
                        field("inner", sample(moment.inner())),
                        field("outer", sample(moment.outer())))));
    }

    private static String sample(ConnectionSample sample) {
        return object(
                field("connections", String.valueOf(sample.connections())),
                field("window_segments", String.valueOf(sample.windowSegments())),
                field("retransmissions", String.valueOf(sample.retransmissions())),
                field("smoothed_rtt_ms", number(sample.smoothedRttMillis())),
                field("delivery_mbit", number(sample.deliveryMegabits())));
    }

    private static String received(StallBins bins) {
        return object(
                field("bin_ms", number(bins.binNanos() / 1e6)),
                field(
                        "mbit",
                        array(IntStream.range(0, bins.count())
                                .mapToObj(bin ->
                                        String.format(Locale.ROOT, "%.2f", bins.megabitsPerSecond(bin, bin + 1))))));
    }

    private static String latencies(LatencyCurve curve) {
        return curve.places().stream()
                .map(place ->
                        field("p" + String.valueOf(place.percent()).replaceAll("\\.0$", ""), number(place.millis())))
                .collect(Collectors.joining(",", "{", "}"));
    }

    private static String cell(Cell.Outcome outcome) {
        Cell cell = outcome.cell();
        String head = String.join(
                ",",
                field("profile", text(cell.profile().name())),
                field("workload", text(cell.workload().describe())),
                field("peer", text(cell.peer().name())),
                field("run", String.valueOf(cell.run() + 1)),
                field("seed", String.valueOf(cell.seed())),
                field("faults", array(outcome.faults().stream().map(JsonText::text))));
        if (outcome instanceof Cell.Measured measured) {
            Map<Metric, Double> values = measured.measures().values();
            String metrics = values.entrySet().stream()
                    .map(entry -> field(entry.getKey().key(), number(entry.getValue())))
                    .collect(Collectors.joining(",", "{", "}"));
            return object(
                    head,
                    field("bytes", String.valueOf(measured.measures().bytes())),
                    field("metrics", metrics),
                    field(
                            "timeline",
                            measured.measures()
                                    .timeline()
                                    .filter(timeline -> !timeline.moments().isEmpty())
                                    .map(BenchJson::timeline)
                                    .orElse("null")),
                    field(
                            "received",
                            measured.measures()
                                    .timeline()
                                    .map(Timeline::bins)
                                    .map(BenchJson::received)
                                    .orElse("null")),
                    field(
                            "latency_ms",
                            measured.measures()
                                    .latencies()
                                    .map(BenchJson::latencies)
                                    .orElse("null")));
        }
        if (outcome instanceof Cell.Impossible impossible) {
            return object(head, field("cannot", text(impossible.reason())));
        }
        return object(head, field("failed", text(outcome instanceof Cell.Failed failed ? failed.reason() : "")));
    }
}
