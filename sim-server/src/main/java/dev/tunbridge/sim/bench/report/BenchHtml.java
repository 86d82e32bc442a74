package dev.tunbridge.sim.bench.report;

import dev.tunbridge.sim.bench.load.Workload;
import dev.tunbridge.sim.bench.measure.Metric;
import dev.tunbridge.sim.bench.measure.Spread;
import dev.tunbridge.sim.bench.peer.Peer;
import dev.tunbridge.sim.bench.plan.BenchPlan;
import dev.tunbridge.sim.bench.plan.Cell;
import dev.tunbridge.sim.link.LinkProfile;
import dev.tunbridge.sim.plot.Chart;
import dev.tunbridge.sim.plot.HeatMap;
import dev.tunbridge.sim.plot.HtmlPage;
import dev.tunbridge.sim.plot.Pictures;
import dev.tunbridge.sim.plot.SvgPage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The report as one page: first what a reader wants to know, then charts, at the end every figure. */
final class BenchHtml {
    private final BenchReport report;
    private final ReportCharts charts;
    private final HtmlPage page = new HtmlPage("simserver bench");

    BenchHtml(BenchReport report) {
        this.report = report;
        charts = new ReportCharts(report);
    }

    String page() throws IOException {
        about();
        heading("In short", summary());
        report.comparison().ifPresent(this::compared);
        heading("Cells measured", success());
        faults();
        derived();
        bars();
        dots();
        heatMaps();
        curves("Latency", "Medians of the runs, with quartiles.", charts.latencies());
        curves("Rate over time", "What arrives, in medians of the runs, with quartiles.", charts.rates());
        curves(
                "Over flows, queue length and round trip",
                "Where cells differ in nothing else: medians of the runs, with quartiles.",
                TurnedCharts.of(report));
        page.heading("Every figure");
        page.verbatim(report.table());
        return page.toString();
    }

    private void about() {
        BenchPlan plan = report.plan();
        List<String> link = plan.linkSettings();
        page.paragraph((plan.runs() == 1 ? "One run" : plan.runs() + " runs") + " from seed " + plan.seed() + ", on "
                + report.machine().cores() + " cores of Linux "
                + report.machine().kernel()
                + (link.isEmpty() ? "" : "; link settings " + String.join(" ", link)) + ". Cells measured: "
                + report.successRate() + "; " + plan.warmUpWords() + ".");
        if (plan.peers().size() > 1) {
            page.paragraph("× is the ratio to " + plan.reference()
                    + " of the same repetition, in the median: peers took turns on links of the same seed, both ends, "
                    + "load and link on this machine. Absolute figures hold for it alone.");
        }
    }

    private void heading(String words, List<List<String>> rows) {
        page.heading(words);
        page.table(rows);
    }

    /** What each load is about, by link and peer. */
    private List<List<String>> summary() {
        List<List<String>> rows = new ArrayList<>();
        List<String> head = new ArrayList<>(List.of("link, load: figure"));
        report.played().forEach(peer -> head.add(peer.name()));
        rows.add(head);
        for (LinkProfile profile : report.plan().profiles()) {
            for (Workload workload : report.plan().workloads()) {
                for (Metric metric : ReportCharts.headlines(workload)) {
                    List<String> row = new ArrayList<>(List.of(profile.name() + ", " + workload.describe() + ": "
                            + metric.label() + ", " + metric.unit()));
                    report.played().forEach(peer -> row.add(entry(profile, workload, peer, metric)));
                    rows.add(row);
                }
            }
        }
        return rows;
    }

    private String entry(LinkProfile profile, Workload workload, Peer peer, Metric metric) {
        Optional<Spread> spread = report.spread(profile, workload, peer.name(), metric);
        String ratio = report.ratio(profile, workload, peer.name(), metric)
                .map(found -> String.format(Locale.ROOT, " ×%.3g", found.median()))
                .orElse("");
        return spread.map(found -> BenchTable.number(metric, found.median()) + ratio)
                .orElse("-");
    }

    private void compared(Comparison comparison) {
        page.heading("Against an earlier run");
        page.paragraph(comparison.summary());
        if (comparison.rows().size() > 1) {
            page.table(comparison.rows());
        }
    }

    private List<List<String>> success() {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("peer", "measured of planned"));
        report.played()
                .forEach(peer -> rows.add(
                        List.of(peer.name(), report.successRate(peer.name()).toString())));
        report.missing().forEach((peer, reason) -> rows.add(List.of(peer, "left out: " + reason)));
        return rows;
    }

    private void faults() {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("cell", "what became of it", "why"));
        for (Cell.Outcome outcome : report.outcomes()) {
            if (!outcome.faults().isEmpty()) {
                rows.add(List.of(
                        outcome.cell().title(),
                        outcome instanceof Cell.Failed ? "failed" : "measured at a later attempt",
                        String.join("; then ", outcome.faults())));
            }
        }
        if (rows.size() > 1) {
            page.table(rows);
        }
    }

    private void derived() {
        List<List<String>> rows = BenchTable.derivedRows(report);
        if (rows.size() > 1) {
            page.heading("Of several cells together");
            page.paragraph("Scaling: times the rate of one flow. Kept: share of the clean link's rate.");
            page.table(rows);
        }
    }

    private void bars() throws IOException {
        page.heading("By peer");
        page.paragraph("Medians; the line on a bar reaches as far as the run that is farthest from it.");
        for (ReportCharts.Bars bars : charts.bars()) {
            page.picture(
                    Pictures.bars(bars.chart(), bars.categories()), bars.chart().title());
        }
    }

    private void dots() throws IOException {
        List<Chart> drawn = charts.latencyOverRate();
        if (!drawn.isEmpty()) {
            page.heading("Latency against rate");
            for (Chart chart : drawn) {
                page.picture(Pictures.dots(chart), chart.title());
            }
        }
    }

    private void heatMaps() throws IOException {
        List<HeatMap> maps = charts.kept();
        if (!maps.isEmpty()) {
            page.heading("What is kept under impairment");
            page.paragraph("Of baseline on low, medium and high, of wan0 on wan1 and wan3.");
            for (HeatMap map : maps) {
                page.picture(Pictures.heatMap(map), map.title());
            }
        }
    }

    private void curves(String heading, String words, List<Chart> drawn) {
        if (!drawn.isEmpty()) {
            page.heading(heading);
            page.paragraph(words);
            drawn.forEach(chart -> page.picture(SvgPage.of(List.of(chart)), chart.title()));
        }
    }
}
