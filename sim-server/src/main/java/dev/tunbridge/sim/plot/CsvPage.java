package dev.tunbridge.sim.plot;

import java.util.ArrayList;
import java.util.List;

/** Charts as comma-separated values (RFC 4180): one line a point, below a head line. */
public final class CsvPage {
    private CsvPage() {}

    public static String of(List<Chart> charts) {
        StringBuilder out = new StringBuilder();
        line(out, List.of("chart", "series", "x", "y", "lower quartile", "upper quartile", "x is", "y is"));
        for (Chart chart : charts) {
            for (Series series : chart.series()) {
                for (Point point : series.points()) {
                    line(
                            out,
                            List.of(
                                    chart.title(),
                                    series.name(),
                                    Double.toString(point.x()),
                                    Double.toString(point.y()),
                                    Double.toString(point.low()),
                                    Double.toString(point.high()),
                                    chart.x().label(),
                                    chart.y().label()));
                }
            }
        }
        return out.toString();
    }

    private static void line(StringBuilder out, List<String> fields) {
        List<String> quoted = new ArrayList<>();
        for (String field : fields) {
            boolean isPlain = field.chars().noneMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r');
            quoted.add(isPlain ? field : '"' + field.replace("\"", "\"\"") + '"');
        }
        out.append(String.join(",", quoted)).append("\r\n");
    }
}
