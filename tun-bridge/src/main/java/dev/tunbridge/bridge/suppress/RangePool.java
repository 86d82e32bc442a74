package dev.tunbridge.bridge.suppress;

/**
 * Ranges of inner sequence space, of all flows, in memory of fixed size: each a half-open {@code [start, end)} and the
 * outer offset behind its last byte. A range is named by its index, and for those who keep it longer by a handle that
 * says when it is gone.
 */
final class RangePool {
    static final int NONE = -1;
    /** Not framed yet: it waits in the egress queue. */
    static final long QUEUED = Long.MAX_VALUE;
    /** It was dropped on its way, and never will be carried. */
    static final long LOST = Long.MIN_VALUE;

    final int[] start;
    final int[] end;
    /** The outer offset behind it, {@link #QUEUED} or {@link #LOST}. */
    final long[] carriedTo;

    final long[] sentNanos;
    /** Whether these bytes had been carried before: then an acknowledgement may be of the earlier copy. */
    final boolean[] resent;

    final int[] copies;
    final long[] copiedNanos;
    final int[] next;
    private final int[] serial;
    private int free;
    private int used;

    RangePool(int ranges) {
        start = new int[ranges];
        end = new int[ranges];
        carriedTo = new long[ranges];
        sentNanos = new long[ranges];
        resent = new boolean[ranges];
        copies = new int[ranges];
        copiedNanos = new long[ranges];
        next = new int[ranges];
        serial = new int[ranges];
        for (int range = 0; range < ranges; range++) {
            next[range] = range + 1 == ranges ? NONE : range + 1;
        }
        free = ranges == 0 ? NONE : 0;
    }

    /** A range that nobody has, or {@link #NONE}. */
    int take(int from, int to, long nowNanos) {
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
