package dev.tunbridge.bridge.simulation;

import java.util.Arrays;

/** A set of stream offsets as ranges, sorted, disjoint and never touching. Half open. */
final class ByteRanges {
    private long[] starts = new long[8];
    private long[] ends = new long[8];
    private int size;

    int size() {
        return size;
    }

    boolean isEmpty() {
        return size == 0;
    }

    long start(int i) {
        return starts[i];
    }

    long end(int i) {
        return ends[i];
    }

    long bytes() {
        long bytes = 0;
        for (int i = 0; i < size; i++) {
            bytes += ends[i] - starts[i];
        }
        return bytes;
    }

    void clear() {
        size = 0;
    }

    void add(long start, long end) {
        if (start >= end) {
            return;
        }
        int first = 0;
        while (first < size && ends[first] < start) {
            first++;
        }
        int behind = first;
        long from = start;
        long to = end;
        while (behind < size && starts[behind] <= end) {
            from = Math.min(from, starts[behind]);
            to = Math.max(to, ends[behind]);
            behind++;
        }
        replace(first, behind, from, to);
    }

    private void replace(int first, int behind, long start, long end) {
        int grown = size - (behind - first) + 1;
        if (grown > starts.length) {
            starts = Arrays.copyOf(starts, 2 * starts.length);
            ends = Arrays.copyOf(ends, 2 * ends.length);
        }
        System.arraycopy(starts, behind, starts, first + 1, size - behind);
        System.arraycopy(ends, behind, ends, first + 1, size - behind);
        starts[first] = start;
        ends[first] = end;
        size = grown;
    }

    /** Takes away everything below the offset. */
    void removeBelow(long offset) {
        int gone = 0;
        while (gone < size && ends[gone] <= offset) {
            gone++;
        }
        System.arraycopy(starts, gone, starts, 0, size - gone);
        System.arraycopy(ends, gone, ends, 0, size - gone);
        size -= gone;
        if (size > 0 && starts[0] < offset) {
            starts[0] = offset;
        }
    }

    boolean contains(long start, long end) {
        for (int i = 0; i < size && starts[i] <= start; i++) {
            if (end <= ends[i]) {
                return true;
            }
        }
        return start >= end;
    }

    /** The end of what is there without a gap from this offset on; the offset itself if it is not there. */
    long contiguousEnd(long from) {
        for (int i = 0; i < size && starts[i] <= from; i++) {
            if (from < ends[i]) {
                return ends[i];
            }
        }
        return from;
    }

    /** The start of what is there without a gap up to this offset; the offset itself if nothing is right before it. */
    long contiguousStart(long to) {
        for (int i = 0; i < size && starts[i] < to; i++) {
            if (to <= ends[i]) {
                return starts[i];
            }
        }
        return to;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < size; i++) {
            text.append(i == 0 ? "" : " ").append(starts[i]).append("..").append(ends[i]);
        }
        return text.toString();
    }
}
