package dev.tunbridge.bridge.suppress;

import java.util.Arrays;

/**
 * Ranges of inner sequence space, of all flows: each a half-open {@code [start, end)} and the outer offset behind its
 * last byte. A range is named by its index, and for those who keep it longer by a handle that says when it is gone. There
 * are so many at most; the memory grows with what is in use at once.
 */
final class RangePool {
    static final int NONE = -1;
    /** Not framed yet: it waits in the egress queue. */
    static final long QUEUED = Long.MAX_VALUE;
    /** It was dropped on its way, and never will be carried. */
    static final long LOST = Long.MIN_VALUE;

    private static final int FIRST_RANGES = 256;

    private final int most;
    int[] start;
    int[] end;
    /** The outer offset behind it, {@link #QUEUED} or {@link #LOST}. */
    long[] carriedTo;

    long[] sentNanos;
    /** Whether these bytes had been carried before: then an acknowledgement may be of the earlier copy. */
    boolean[] resent;

    int[] copies;
    long[] copiedNanos;
    int[] next;
    private int[] serial;
    private int free = NONE;
    private int used;

    /** @param most ranges at once */
    RangePool(int most) {
        this.most = most;
        start = new int[0];
        end = new int[0];
        carriedTo = new long[0];
        sentNanos = new long[0];
        resent = new boolean[0];
        copies = new int[0];
        copiedNanos = new long[0];
        next = new int[0];
        serial = new int[0];
    }

    private void grow() {
        int before = start.length;
        int ranges = Math.min(most, Math.max(FIRST_RANGES, 2 * before));
        start = Arrays.copyOf(start, ranges);
        end = Arrays.copyOf(end, ranges);
        carriedTo = Arrays.copyOf(carriedTo, ranges);
        sentNanos = Arrays.copyOf(sentNanos, ranges);
        resent = Arrays.copyOf(resent, ranges);
        copies = Arrays.copyOf(copies, ranges);
        copiedNanos = Arrays.copyOf(copiedNanos, ranges);
        next = Arrays.copyOf(next, ranges);
        serial = Arrays.copyOf(serial, ranges);
        for (int range = before; range < ranges; range++) {
            next[range] = range + 1 == ranges ? free : range + 1;
        }
        free = before < ranges ? before : free;
    }

    /** A range that nobody has, or {@link #NONE}. */
    int take(int from, int to, long nowNanos) {
        if (free == NONE && start.length < most) {
            grow();
        }
        int range = free;
        if (range == NONE) {
            return NONE;
        }
        free = next[range];
        used++;
        start[range] = from;
        end[range] = to;
        carriedTo[range] = QUEUED;
        sentNanos[range] = nowNanos;
        resent[range] = false;
        copies[range] = 0;
        copiedNanos[range] = 0;
        next[range] = NONE;
        serial[range]++;
        return range;
    }

    void give(int range) {
        serial[range]++;
        next[range] = free;
        free = range;
        used--;
    }

    int used() {
        return used;
    }

    /** Never zero. */
    long handle(int range) {
        return (long) serial[range] << Integer.SIZE | (range + 1L);
    }

    /** The range of a handle, or {@link #NONE} if it is gone. */
    int of(long handle) {
        int range = (int) handle - 1;
        return range >= 0 && serial[range] == (int) (handle >>> Integer.SIZE) ? range : NONE;
    }
}
