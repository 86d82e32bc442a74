package dev.tunbridge.sim.bench.report;

import dev.tunbridge.sim.bench.load.Workload;
import dev.tunbridge.sim.bench.measure.Metric;
import dev.tunbridge.sim.bench.measure.Spread;
import dev.tunbridge.sim.bench.peer.Peer;
import dev.tunbridge.sim.bench.plan.Cell;
import dev.tunbridge.sim.link.LinkProfile;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** One block for each profile and workload: a line for each metric, a column for each peer. */
public final class BenchTable {
    private final BenchReport report;
    private final StringBuilder out = new StringBuilder();

    BenchTable(BenchReport report) {
        this.report = report;
        for (LinkProfile profile : report.plan().profiles()) {
            for (Workload workload : report.plan().workloads()) {
                block(profile, workload);
            }
        }
        derived();
        report.comparison().ifPresent(this::compared);
        line("cells measured: " + report.successRate());
        line(report.plan().warmUpWords());
        report.missing().forEach((peer, reason) -> line("left out: " + peer + ": " + reason));
        report.impossible().forEach(cell -> line("cannot: " + cell.cell().titleOfAllRuns() + ": " + cell.reason()));
        for (Cell.Outcome outcome : report.outcomes()) {
            String title = outcome.cell().title();
            if (outcome instanceof Cell.Failed failed) {
                line("failed: " + title + ": " + failed.reason());
            } else if (!outcome.faults().isEmpty()) {
                line("tried again: " + title + ": " + String.join("; then ", outcome.faults()));
            }
        }
    }

    private void block(LinkProfile profile, Workload workload) {
        int runs = report.plan().runs();
        List<String> link = report.plan().linkSettings();
        line(profile.name() + (link.isEmpty() ? "" : " " + String.join(" ", link)) + " - " + workload.describe() + " - "
                + (runs == 1 ? "one run" : "medians (least–most) of " + runs + " runs")
                + (report.plan().peers().size() > 1
                        ? "; × is the ratio to " + report.plan().reference() + " pair by pair"
                        : ""));
        List<List<String>> rows = new ArrayList<>();
        List<String> head = new ArrayList<>(List.of(""));
        report.played().forEach(peer -> head.add(peer.name()));
        rows.add(head);
        for (Metric metric : BenchReport.metrics(workload)) {
            List<String> row = new ArrayList<>(List.of(metric.label() + ", " + metric.unit()));
            for (Peer peer : report.played()) {
                row.add(entry(profile, workload, peer.name(), metric));
            }
            if (row.stream().skip(1).anyMatch(entry -> !entry.equals("-"))) {
                rows.add(row);
            }
        }
        out.append(Columns.format(rows));
        line("");
    }

    private void derived() {
        List<List<String>> rows = derivedRows(report);
        if (rows.size() > 1) {
            line(
                    "of several cells together: times the rate of one flow, and share of the clean link's rate that is kept");
            out.append(Columns.format(rows));
            line("");
        }
    }

    /** A row for each figure of several cells, a column for each peer; the head first. */
    static List<List<String>> derivedRows(BenchReport report) {
        Map<String, Map<String, String>> byTitle = new LinkedHashMap<>();
        for (Derived figure : report.derived()) {
            byTitle.computeIfAbsent(figure.title(), title -> new HashMap<>())
                    .put(figure.peer(), quotient(figure.spread()));
        }
        List<List<String>> rows = new ArrayList<>();
        List<String> head = new ArrayList<>(List.of(""));
        report.played().forEach(peer -> head.add(peer.name()));
        rows.add(head);
        byTitle.forEach((title, byPeer) -> {
            List<String> row = new ArrayList<>(List.of(title));
            report.played().forEach(peer -> row.add(byPeer.getOrDefault(peer.name(), "-")));
            rows.add(row);
        });
        return rows;
    }

    private static String quotient(Spread spread) {
        return String.format(Locale.ROOT, "%.3g", spread.median())
                + (spread.count() > 1 ? String.format(Locale.ROOT, " (%.3g–%.3g)", spread.least(), spread.most()) : "");
    }

    private void compared(Comparison comparison) {
        line(comparison.summary());
        List<List<String>> rows = comparison.rows();
        if (rows.size() > 1) {
            out.append(Columns.format(rows));
        }
        line("");
    }

    private String entry(LinkProfile profile, Workload workload, String peer, Metric metric) {
        Optional<Spread> spread = report.spread(profile, workload, peer, metric);
        if (spread.isEmpty()) {
            return "-";
        }
        Spread value = spread.get();
        String text = number(metric, value.median());
        if (value.count() > 1) {
            text += " (" + number(metric, value.least()) + "–" + number(metric, value.most()) + ")";
        }
        return text
                + report.ratio(profile, workload, peer, metric)
                        .map(ratio -> String.format(Locale.ROOT, " ×%.3g", ratio.median()))
                        .orElse("");
    }

    public static String number(Metric metric, double value) {
        // A whole number says enough of what is large.
        int decimals = value >= 1_000 ? 0 : metric.decimals();
        return String.format(Locale.ROOT, "%,." + decimals + "f", value);
    }

    private void line(String text) {
        out.append(text.stripTrailing()).append('\n');
    }

    @Override
    public String toString() {
        return out.toString();
    }
}
