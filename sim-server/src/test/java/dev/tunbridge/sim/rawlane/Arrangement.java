package dev.tunbridge.sim.rawlane;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * How up to three segments lie to each other: their ends on a small grid that leaves no mark unused, in the order of arrival. Two
 * segments can lie in 13 ways to each other (Allen 1983), three in 409.
 */
record Arrangement(List<Span> spans) {

    /** From one mark of the grid to another. */
    record Span(int from, int to) {
        @Override
        public String toString() {
            return from + "-" + to;
        }
    }

    /** Every arrangement of so many segments. */
    static List<Arrangement> of(int segments) {
        List<Arrangement> found = new ArrayList<>();
        place(new int[2 * segments], 0, found);
        return found;
    }

    private static void place(int[] marks, int at, List<Arrangement> found) {
        if (at == marks.length) {
            if (usesEveryMark(marks)) {
                found.add(of(marks));
            }
            return;
        }
        boolean isEnd = at % 2 == 1;
        for (int mark = isEnd ? marks[at - 1] + 1 : 0; mark < marks.length; mark++) {
            marks[at] = mark;
            place(marks, at + 1, found);
        }
    }

    private static boolean usesEveryMark(int[] marks) {
        long distinct = Arrays.stream(marks).distinct().count();
        return Arrays.stream(marks).max().orElse(0) == distinct - 1;
    }

    private static Arrangement of(int[] marks) {
        List<Span> spans = new ArrayList<>();
        for (int i = 0; i < marks.length; i += 2) {
            spans.add(new Span(marks[i], marks[i + 1]));
        }
        return new Arrangement(List.copyOf(spans));
    }

    /** Marks in use. */
    int marks() {
        return 1 + spans.stream().mapToInt(Span::to).max().orElse(0);
    }

    @Override
    public String toString() {
        return spans.toString();
    }
}
