package dev.tunbridge.sim.bench.campaign;

import static dev.tunbridge.bridge.json.JsonText.array;
import static dev.tunbridge.bridge.json.JsonText.field;
import static dev.tunbridge.bridge.json.JsonText.object;
import static dev.tunbridge.bridge.json.JsonText.text;

import dev.tunbridge.bridge.json.JsonText;
import dev.tunbridge.sim.bench.load.Workload;
import dev.tunbridge.sim.bench.measure.Metric;
import dev.tunbridge.sim.bench.report.BenchReport;
import dev.tunbridge.sim.bench.report.BenchResult;
import dev.tunbridge.sim.bench.report.BenchTable;
import dev.tunbridge.sim.bench.report.Columns;
import dev.tunbridge.sim.link.LinkProfile;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What a campaign has found: the report of each part, and which figures were reached. */
public final class CampaignReport implements BenchResult {
    private final Campaign campaign;
    private final List<BenchReport> reports;

    /**
     * A figure, where it belongs, and what became of it.
     *
     * @param applies whether any repetition was one that the figure speaks of
     */
    record Line(Campaign.Part part, Figure figure, Optional<Figure.Verdict> verdict, boolean applies) {
        boolean isReached() {
            return !applies || verdict.filter(Figure.Verdict::isReached).isPresent();
        }

        String words() {
            if (!applies) {
                return "does not apply";
            }
            return verdict.map(found -> found.isReached() ? "reached" : "FALLS SHORT")
                    .orElse("NOT MEASURED");
        }
    }

    /** @param reports one for each part, in order */
    CampaignReport(Campaign campaign, List<BenchReport> reports) {
        this.campaign = campaign;
        this.reports = List.copyOf(reports);
    }

    /** Whether every figure was measured and reached, and no cell failed. */
    @Override
    public boolean isSuccess() {
        return reports.stream().allMatch(BenchReport::isSuccess)
                && lines().stream().allMatch(Line::isReached);
    }

    List<Line> lines() {
        return IntStream.range(0, reports.size())
                .boxed()
                .flatMap(part -> campaign.parts().get(part).figures().stream()
                        .map(figure -> line(campaign.parts().get(part), figure, reports.get(part))))
                .toList();
    }

    private static Line line(Campaign.Part part, Figure figure, BenchReport report) {
        LinkProfile profile = report.plan().profiles().get(0);
        Workload workload = report.plan().workloads().get(0);
        Map<Integer, Double> values = report.byRun(profile, workload, figure.peer(), figure.metric());
        Map<Integer, Double> references = figure.against()
                .map(other -> report.byRun(profile, workload, other, figure.metric()))
                .orElse(Map.of());
        if (figure.onlyWhere().isPresent()) {
            Map<Integer, Double> counts = report.byRun(
                    profile,
                    workload,
                    figure.against().orElseThrow(),
                    figure.onlyWhere().get());
            if (!counts.isEmpty() && counts.values().stream().allMatch(count -> count == 0)) {
                return new Line(part, figure, Optional.empty(), false);
            }
            values.keySet().removeIf(run -> counts.getOrDefault(run, 0.0) == 0);
        }
        return new Line(part, figure, figure.judge(values, references), true);
    }

    /** Every part, and at the end the figures. */
    @Override
    public String table() {
        String parts = reports.stream().map(BenchReport::table).collect(Collectors.joining());
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("figure", "peer", "measured", "against", "ratio", "target", ""));
        for (Line line : lines()) {
            rows.add(row(line));
        }
        return parts + campaign.name() + ": counts are sums over the runs, all else is medians; ratios pair by pair\n"
                + Columns.format(rows);
    }

    private static List<String> row(Line line) {
        Metric metric = line.figure().metric();
        Optional<Figure.Verdict> verdict = line.verdict();
        return List.of(
                line.part().title() + ": " + metric.label() + ", " + metric.unit(),
                line.figure().peer(),
                verdict.map(found -> BenchTable.number(metric, found.value())).orElse("-"),
                verdict.flatMap(Figure.Verdict::reference)
                        .map(other -> BenchTable.number(metric, other))
                        .orElse("-"),
                verdict.flatMap(Figure.Verdict::ratio)
                        .map(ratio -> String.format(Locale.ROOT, "%.3g", ratio))
                        .orElse("-"),
                line.figure().target(),
                line.words());
    }

    @Override
    public String json() {
        return object(
                        field("campaign", text(campaign.name())),
                        field("reached", String.valueOf(isSuccess())),
                        field("figures", array(lines().stream().map(CampaignReport::json))),
                        field(
                                "parts",
                                array(reports.stream()
                                        .map(report -> report.json().strip()))))
                + "\n";
    }

    private static String json(Line line) {
        Figure figure = line.figure();
        Optional<Figure.Verdict> verdict = line.verdict();
        return object(
                field("profile", text(line.part().profile())),
                field("link", array(line.part().link().stream().map(JsonText::text))),
                field("workload", text(line.part().workload())),
                field("metric", text(figure.metric().key())),
                field("unit", text(figure.metric().unit())),
                field("peer", text(figure.peer())),
                field("against", figure.against().map(JsonText::text).orElse("null")),
                field("value", orNull(verdict.map(Figure.Verdict::value))),
                field("reference", orNull(verdict.flatMap(Figure.Verdict::reference))),
                field("ratio", orNull(verdict.flatMap(Figure.Verdict::ratio))),
                field("runs", String.valueOf(verdict.map(Figure.Verdict::runs).orElse(0))),
                field("target", text(figure.target())),
                field("applies", String.valueOf(line.applies())),
                field(
                        "reached",
                        verdict.map(found -> String.valueOf(found.isReached())).orElse("null")));
    }

    private static String orNull(Optional<Double> value) {
        return value.map(JsonText::number).orElse("null");
    }
}
