package dev.tunbridge.sim.plot;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.DoubleStream;

/** Curves over one pair of axes. */
public record Chart(String title, Axis x, Axis y, List<Series> series) {
    public Chart {
        series = List.copyOf(series);
    }

    /**
     * Rows for a table, the head first: the places on the x axis, and a column for each series; "-" where it has no point.
     */
    public List<List<String>> rows() {
        List<List<String>> rows = new ArrayList<>();
        List<String> head = new ArrayList<>(List.of(x.label()));
        series.forEach(curve -> head.add(curve.name()));
        rows.add(head);
        for (double place : places().toArray()) {
            List<String> row = new ArrayList<>(List.of(number(place)));
            for (Series curve : series) {
                row.add(curve.points().stream()
                        .filter(point -> point.x() == place)
                        .findFirst()
                        .map(Chart::text)
                        .orElse("-"));
            }
            rows.add(row);
        }
        return rows;
    }

    private DoubleStream places() {
        return series.stream()
                .flatMapToDouble(curve -> curve.points().stream().mapToDouble(Point::x))
                .sorted()
                .distinct();
    }

    private static String text(Point point) {
        return number(point.y())
                + (point.hasSpread() ? " (" + number(point.low()) + "–" + number(point.high()) + ")" : "");
    }

    /** Four digits, without zeros that say nothing. */
    static String number(double value) {
        if (value == Math.rint(value) && Math.abs(value) < 1e15) {
            return String.format(Locale.ROOT, "%.0f", value);
        }
        return String.format(Locale.ROOT, "%.4g", value)
                .replaceAll("(\\.\\d*?)0+(e|$)", "$1$2")
                .replaceAll("\\.(e|$)", "$1");
    }
}
