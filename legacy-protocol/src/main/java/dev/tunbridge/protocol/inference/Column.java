package dev.tunbridge.protocol.inference;

/** The bytes at one place of all frames that reach so far. */
final class Column {
    private final int[] counts = new int[256];
    private int frames;
    private int distinct;
    private int first = -1;
    private int varying;

    /** Counted from the start of the frames. */
    static Column of(Cut cut, int offset) {
        Column column = new Column();
        for (int i = 0; i < cut.frames(); i++) {
            if (offset < cut.lengths[i]) {
                column.add(cut.at(i, offset));
            }
        }
        return column;
    }

    /** Counted from their end: 0 is the last byte. */
    static Column fromEnd(Cut cut, int offset) {
        Column column = new Column();
        for (int i = 0; i < cut.frames(); i++) {
            if (offset < cut.lengths[i]) {
                column.add(cut.at(i, cut.lengths[i] - 1 - offset));
            }
        }
        return column;
    }

    void add(int value) {
        frames++;
        if (counts[value]++ == 0) {
            distinct++;
        }
        if (first < 0) {
            first = value;
        }
        varying |= value ^ first;
    }

    int frames() {
        return frames;
    }

    int distinct() {
        return distinct;
    }

    boolean isConstant() {
        return distinct == 1;
    }

    /** The value of the first frame. */
    int first() {
        return first;
    }

    /** The bits that are not the same in all. */
    int varying() {
        return varying;
    }

    boolean has(int value) {
        return counts[value] > 0;
    }

    int count(int value) {
        return counts[value];
    }
}
