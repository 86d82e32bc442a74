package dev.tunbridge.sim.bench.curve;

import static dev.tunbridge.bridge.json.JsonText.array;
import static dev.tunbridge.bridge.json.JsonText.field;
import static dev.tunbridge.bridge.json.JsonText.number;
import static dev.tunbridge.bridge.json.JsonText.object;
import static dev.tunbridge.bridge.json.JsonText.text;

import dev.tunbridge.bridge.json.JsonText;
import dev.tunbridge.sim.bench.report.BenchResult;
import dev.tunbridge.sim.bench.report.Columns;
import dev.tunbridge.sim.plot.Axis;
import dev.tunbridge.sim.plot.Chart;
import dev.tunbridge.sim.plot.CsvPage;
import dev.tunbridge.sim.plot.Point;
import dev.tunbridge.sim.plot.Series;
import dev.tunbridge.sim.plot.SvgPage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Curves that have been played. */
public final class CurvesReport implements BenchResult {
    private final List<Page> pages;
    private final List<String> faults;

    /** Charts that belong together, and the name of their files. */
    record Page(String name, List<Chart> charts) {}

    /** @param faults why what is missing in the charts is missing */
    CurvesReport(List<Page> pages, List<String> faults) {
        this.pages = List.copyOf(pages);
        this.faults = List.copyOf(faults);
    }

    /**
     * Writes a picture and its numbers for each page, and {@code curves.json} with all numbers.
     *
     * @return the files
     */
    public List<Path> write(Path folder) throws IOException {
        List<Path> files = new ArrayList<>();
        for (Page page : pages) {
            files.add(Files.writeString(folder.resolve(page.name + ".svg"), SvgPage.of(page.charts)));
            files.add(Files.writeString(folder.resolve(page.name + ".csv"), CsvPage.of(page.charts)));
        }
        files.add(Files.writeString(folder.resolve("curves.json"), json()));
        return files;
    }

    /** Medians, with quartiles in parentheses; what goes over time is left to the pictures. */
    @Override
    public String table() {
        StringBuilder out = new StringBuilder();
        for (Page page : pages) {
            if (!page.name.equals(Curve.TIME.word())) {
                page.charts.forEach(chart -> out.append(chart.title())
                        .append(", ")
                        .append(chart.y().label())
                        .append('\n')
                        .append(Columns.format(chart.rows()))
                        .append('\n'));
            }
        }
        faults.forEach(fault -> out.append(fault).append('\n'));
        return out.toString();
    }

    @Override
    public String json() {
        return object(
                        field("pages", array(pages.stream().map(CurvesReport::json))),
                        field("faults", array(faults.stream().map(JsonText::text))))
                + "\n";
    }

    private static String json(Page page) {
        return object(
                field("name", text(page.name)),
                field("charts", array(page.charts.stream().map(CurvesReport::json))));
    }

    private static String json(Chart chart) {
        return object(
                field("title", text(chart.title())),
                field("x", text(chart.x().label())),
                field("y", text(chart.y().label())),
                field("logarithmic", String.valueOf(chart.x().scale() == Axis.Scale.LOGARITHMIC)),
                field("series", array(chart.series().stream().map(CurvesReport::json))));
    }

    private static String json(Series series) {
        return object(
                field("name", text(series.name())),
                field("points", array(series.points().stream().map(CurvesReport::json))));
    }

    private static String json(Point point) {
        return "[" + number(point.x()) + "," + number(point.y()) + "," + number(point.low()) + ","
                + number(point.high()) + "]";
    }

    /** Whether every place of every curve was measured. */
    @Override
    public boolean isSuccess() {
        return faults.isEmpty();
    }
}
