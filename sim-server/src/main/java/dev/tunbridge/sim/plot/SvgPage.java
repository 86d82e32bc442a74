package dev.tunbridge.sim.plot;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/**
 * Charts one below the other as one SVG 1.1 picture that needs nothing else: no script, no style sheet, no font of its own.
 *
 * <pre>
 *   title                                   | legend, one line
 *   ^ y axis, marked at round numbers       | a series
 *   |   a line with a dot at each point,    |
 *   |   a band between the quartiles        |
 *   +------------------------------------>  |
 * </pre>
 */
public final class SvgPage {
    private static final int WIDTH = 960;
    private static final int CHART_HEIGHT = 330;
    private static final int LEFT = 80;
    private static final int TOP = 40;
    private static final int PLOT_WIDTH = 560;
    private static final int PLOT_HEIGHT = 220;
    private static final int LEGEND = LEFT + PLOT_WIDTH + 24;
    private static final int LINE_HEIGHT = 18;

    /** Points beyond it are joined without dots, which would only hide the line. */
    private static final int MAX_DOTS = 40;

    /** More series than colours are told apart by their strokes. */
    private static final List<String> STROKES = List.of("none", "7 4", "2 3");

    private final StringBuilder out = new StringBuilder();
    private final Chart chart;
    private final Ruler x;
    private final Ruler y;
    private final int top;

    private SvgPage(Chart chart, int top) {
        this.chart = chart;
        this.top = top;
        x = Ruler.of(chart.x().scale(), values(List.of(Point::x)));
        y = Ruler.of(chart.y().scale(), values(List.of(Point::y, Point::low, Point::high)));
    }

    /** The whole document. */
    public static String of(List<Chart> charts) {
        StringBuilder page = new StringBuilder();
        int height = charts.size() * CHART_HEIGHT;
        page.append("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")
                .append(format(
                        "<svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.1\" width=\"%d\" height=\"%d\""
                                + " viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"12\">%n",
                        WIDTH, height, WIDTH, height))
                .append(format("<rect width=\"%d\" height=\"%d\" fill=\"white\"/>%n", WIDTH, height));
        for (int number = 0; number < charts.size(); number++) {
            page.append(new SvgPage(charts.get(number), number * CHART_HEIGHT).draw());
        }
        return page.append("</svg>\n").toString();
    }

    private String draw() {
        text(LEFT, top + 24, "start", chart.title(), " font-size=\"15\"");
        axes();
        for (int number = 0; number < chart.series().size(); number++) {
            Series series = chart.series().get(number);
            String colour = Palette.COLOURS.get(number % Palette.COLOURS.size());
            String stroke = STROKES.get(number / Palette.COLOURS.size() % STROKES.size());
            band(series, colour);
            line(series, colour, stroke);
            legend(number, series.name(), colour, stroke);
        }
        return out.toString();
    }

    private void axes() {
        int bottom = top + TOP + PLOT_HEIGHT;
        for (double mark : x.marks()) {
            double at = LEFT + PLOT_WIDTH * x.place(mark);
            stroke(at, top + TOP, at, bottom, "#e0e0e0");
            text(at, bottom + 16, "middle", Chart.number(mark), "");
        }
        for (double mark : y.marks()) {
            double at = bottom - PLOT_HEIGHT * y.place(mark);
            stroke(LEFT, at, LEFT + PLOT_WIDTH, at, "#e0e0e0");
            text(LEFT - 6, at + 4, "end", Chart.number(mark), "");
        }
        stroke(LEFT, top + TOP, LEFT, bottom, "black");
        stroke(LEFT, bottom, LEFT + PLOT_WIDTH, bottom, "black");
        text(LEFT + PLOT_WIDTH / 2.0, bottom + 36, "middle", chart.x().label(), "");
        int middle = bottom - PLOT_HEIGHT / 2;
        text(20, middle, "middle", chart.y().label(), format(" transform=\"rotate(-90 20 %d)\"", middle));
    }

    /** Between the quartiles, forth along the upper and back along the lower ones. */
    private void band(Series series, String colour) {
        List<Point> shown = shown(series);
        if (shown.stream().noneMatch(Point::hasSpread)) {
            return;
        }
        List<String> corners = new ArrayList<>();
        shown.forEach(point -> corners.add(corner(point.x(), point.high())));
        for (int at = shown.size() - 1; at >= 0; at--) {
            corners.add(corner(shown.get(at).x(), shown.get(at).low()));
        }
        out.append(format(
                "<polygon points=\"%s\" fill=\"%s\" fill-opacity=\"0.15\"/>%n", String.join(" ", corners), colour));
    }

    private void line(Series series, String colour, String stroke) {
        List<Point> shown = shown(series);
        String corners =
                shown.stream().map(point -> corner(point.x(), point.y())).collect(Collectors.joining(" "));
        out.append(format(
                "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\" stroke-dasharray=\"%s\"/>%n",
                corners, colour, stroke));
        if (shown.size() > MAX_DOTS) {
            return;
        }
        for (Point point : shown) {
            String[] place = corner(point.x(), point.y()).split(",", 2);
            out.append(format("<circle cx=\"%s\" cy=\"%s\" r=\"3\" fill=\"%s\"/>%n", place[0], place[1], colour));
        }
    }

    private void legend(int number, String name, String colour, String stroke) {
        int at = top + TOP + 8 + number * LINE_HEIGHT;
        out.append(format(
                "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" stroke=\"%s\" stroke-width=\"2\""
                        + " stroke-dasharray=\"%s\"/>%n",
                LEGEND, at, LEGEND + 22, at, colour, stroke));
        text(LEGEND + 28, at + 4, "start", name, " font-size=\"10\"");
    }

    private List<Point> shown(Series series) {
        return series.points().stream()
                .filter(point -> x.shows(point.x()) && y.shows(point.y()) && y.shows(point.low()))
                .toList();
    }

    private String corner(double atX, double atY) {
        return format(
                "%.1f,%.1f", LEFT + PLOT_WIDTH * x.place(atX), top + TOP + PLOT_HEIGHT - PLOT_HEIGHT * y.place(atY));
    }

    private void stroke(double fromX, double fromY, double toX, double toY, String colour) {
        out.append(format(
                "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>%n",
                fromX, fromY, toX, toY, colour));
    }

    private void text(double atX, double atY, String anchor, String words, String attributes) {
        out.append(format(
                "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\"%s>%s</text>%n",
                atX, atY, anchor, attributes, escaped(words)));
    }

    /** What XML 1.0 cannot hold at all becomes a question mark. */
    static String escaped(String words) {
        return words.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;")
                .replaceAll("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\ufffe\\uffff]", "?");
    }

    private double[] values(List<ToDoubleFunction<Point>> ofPoint) {
        return chart.series().stream()
                .flatMap(series -> series.points().stream())
                .flatMapToDouble(point -> ofPoint.stream().mapToDouble(value -> value.applyAsDouble(point)))
                .toArray();
    }

    private static String format(String pattern, Object... values) {
        return String.format(Locale.ROOT, pattern, values);
    }
}
