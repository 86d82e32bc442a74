package dev.tunbridge.protocol.description;

import java.util.List;
import java.util.Optional;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.nodes.Node;

/** The lines of a description, for faults that show the one at fault. */
final class Text {
    /** An excerpt is to fit a terminal. */
    private static final int WIDEST_EXCERPT = 100;

    private final String source;
    private final List<String> lines;

    Text(String yaml, String source) {
        this.source = source;
        this.lines =
                List.of(yaml.split("\r\n|[\n\r\u0085\u2028\u2029]", -1)); // what YAML 1.2 readers of 1.1 files break at
    }

    /** A place in a description; line and column from 1 on. */
    record Place(String source, int line, int column, String shown) {
        String position() {
            return source + ":" + line + ":" + column;
        }

        /** The line with a caret below, each behind a line feed; empty where there is none to show. */
        String excerpt() {
            if (shown.isBlank()) {
                return "";
            }
            int[] points = shown.codePoints()
                    .map(c -> Character.isISOControl(c) ? ' ' : c)
                    .toArray();
            int caret = Math.min(column - 1, points.length);
            int from = caret < WIDEST_EXCERPT * 3 / 4 ? 0 : caret - WIDEST_EXCERPT / 2;
            int to = Math.min(points.length, from + WIDEST_EXCERPT);
            String gutter = "  " + line + " | ";
            String below = " ".repeat(gutter.length() - 2) + "| ";
            return "\n" + gutter + new String(points, from, to - from) + "\n" + below + " ".repeat(caret - from) + "^";
        }
    }

    Place start() {
        return place(0, 0);
    }

    Place of(Node node) {
        return of(node.getStartMark());
    }

    Place of(Optional<Mark> mark) {
        return mark.map(m -> place(m.getLine(), m.getColumn())).orElseGet(this::start);
    }

    private Place place(int line, int column) {
        return new Place(source, line + 1, column + 1, line < lines.size() ? lines.get(line) : "");
    }
}
