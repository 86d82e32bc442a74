package dev.tunbridge.sim.bench.report;

import java.util.List;

/** Text in columns as wide as they need: the first to the left, all others to the right. */
public final class Columns {
    private static final String GAP = "   ";

    private Columns() {}

    /**
     * Lines, each with its end.
     *
     * @param rows all of the same number of columns, at least one
     */
    public static String format(List<List<String>> rows) {
        int columns = rows.get(0).size();
        int[] widths = new int[columns];
        for (List<String> row : rows) {
            for (int column = 0; column < columns; column++) {
                widths[column] = Math.max(widths[column], row.get(column).length());
            }
        }
        StringBuilder out = new StringBuilder();
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int column = 0; column < columns; column++) {
                String entry = row.get(column);
                String padding = " ".repeat(widths[column] - entry.length());
                line.append(column == 0 ? entry + padding : GAP + padding + entry);
            }
            out.append(line.toString().stripTrailing()).append('\n');
        }
        return out.toString();
    }
}
