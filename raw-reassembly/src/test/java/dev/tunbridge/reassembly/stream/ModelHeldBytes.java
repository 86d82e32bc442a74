package dev.tunbridge.reassembly.stream;

import dev.tunbridge.reassembly.stream.HeldBytes.Added;
import java.util.Arrays;

/** Held bytes the slow way: a cell for each byte of the stream, and no other structure. */
final class ModelHeldBytes {
    private static final long NONE = -1;

    private final long origin;
    private final int maxBytes;
    private final int maxRanges;
    private final byte[] values;
    private final boolean[] copied;
    private final long[] seen;
    /** Where the range began that a byte belongs to, which names it; {@link #NONE} for a byte that was not captured. */
    private final long[] ranges;

    private long position;
    private long highest;
    private long disputedEnd;

    ModelHeldBytes(long origin, int streamBytes, int maxBytes, int maxRanges) {
        this.origin = origin;
        this.maxBytes = maxBytes;
        this.maxRanges = maxRanges;
        position = origin;
        highest = origin;
        values = new byte[streamBytes];
        copied = new boolean[streamBytes];
        seen = new long[streamBytes];
        ranges = new long[streamBytes];
        Arrays.fill(ranges, NONE);
    }

    Added add(long start, byte[] payload, long nowNanos, int reach) {
        long end = start + payload.length;
        if (end <= position) {
            return Added.DUPLICATE;
        }
        if (end > position + reach) {
            forget();
            return Added.OVER_CAP;
        }
        if (differs(start, payload)) {
            forget();
            disputedEnd = Math.max(disputedEnd, end);
            return Added.CONFLICT;
        }
        boolean isInOrder = start <= contiguousEnd();
        if (!isInOrder && start < disputedEnd) {
            return Added.DISPUTED;
        }
        if (rangeCount() >= maxRanges) {
            forget();
            return Added.OVER_CAP;
        }
        long range = NONE;
        boolean isNew = false;
        for (long at = Math.max(start, position); at < end; at++) {
            if (isSeen(at)) {
                range = NONE;
                continue;
            }
            if (range == NONE) {
                range = isInOrder && isMergeable(at) ? merged(at, nowNanos) : at;
            }
            ranges[cell(at)] = range;
            seen[cell(at)] = nowNanos;
            copied[cell(at)] = !isInOrder;
            values[cell(at)] = payload[(int) (at - start)];
            highest = Math.max(highest, at + 1);
            isNew = true;
        }
        return !isNew ? Added.DUPLICATE : isInOrder ? Added.IN_ORDER : Added.HELD;
    }

    Added dispute(long start, byte[] payload) {
        long end = start + payload.length;
        if (end <= contiguousEnd() || end > position + maxBytes) {
            return Added.DUPLICATE;
        }
        boolean isConflict = differs(start, payload);
        if (isConflict) {
            forget();
        }
        disputedEnd = Math.max(disputedEnd, end);
        return isConflict ? Added.CONFLICT : Added.DISPUTED;
    }

    private boolean differs(long start, byte[] payload) {
        for (long at = Math.max(start, position); at < start + payload.length; at++) {
            if (copied[cell(at)] && values[cell(at)] != payload[(int) (at - start)]) {
                return true;
            }
        }
        return false;
    }

    /** Past half of the room, a range in order that is the very last takes in what follows it. */
    private boolean isMergeable(long at) {
        return isLast(at) && at > position && isSeen(at - 1) && !copied[cell(at - 1)] && rangeCount() > maxRanges / 2;
    }

    /** Nothing is seen from here on; what is forgotten may have lain further out. */
    private boolean isLast(long at) {
        for (long beyond = at; beyond < highest; beyond++) {
            if (isSeen(beyond)) {
                return false;
            }
        }
        return true;
    }

    private long merged(long at, long nowNanos) {
        long range = ranges[cell(at - 1)];
        for (long before = at - 1; before >= position && ranges[cell(before)] == range; before--) {
            seen[cell(before)] = nowNanos;
        }
        return range;
    }

    int rangeCount() {
        int count = 0;
        long before = NONE;
        for (long at = position; at < highest; at++) {
            long range = ranges[cell(at)];
            if (range != NONE && range != before) {
                count++;
            }
            before = range;
        }
        return count;
    }

    void advance(long newPosition) {
        for (long at = position; at < newPosition; at++) {
            drop(at);
        }
        position = newPosition;
        highest = Math.max(highest, position);
    }

    /** The memory was laid out anew, and what lies in order was not moved with it. */
    void moved() {
        long end = contiguousEnd();
        for (long at = position; at < highest; at++) {
            if (ranges[cell(at)] < end) {
                copied[cell(at)] = false;
            }
        }
    }

    void reopen() {
        for (long at = position; at < highest; at++) {
            if (!copied[cell(at)] || ranges[cell(at)] < position) {
                drop(at);
            }
        }
    }

    void forget() {
        for (long at = position; at < highest; at++) {
            if (isSeen(at)) {
                disputedEnd = Math.max(disputedEnd, at + 1);
            }
            drop(at);
        }
    }

    private void drop(long at) {
        ranges[cell(at)] = NONE;
        copied[cell(at)] = false;
    }

    boolean isSeen(long at) {
        return at < highest && ranges[cell(at)] != NONE;
    }

    /** Whether this byte begins a segment that was held from its first byte on. */
    boolean isRangeStart(long at) {
        return isSeen(at) && ranges[cell(at)] == at;
    }

    long contiguousEnd() {
        long at = position;
        while (isSeen(at)) {
            at++;
        }
        return at;
    }

    long seenNanos(long start, long end) {
        long latest = HeldBytes.NEVER;
        for (long at = Math.max(start, position); at < end; at++) {
            if (!isSeen(at)) {
                return HeldBytes.NEVER;
            }
            latest = Math.max(latest, seen[cell(at)]);
        }
        return latest;
    }

    long position() {
        return position;
    }

    /** Behind the last byte that was captured. */
    long highest() {
        return highest;
    }

    byte value(long at) {
        return values[cell(at)];
    }

    private int cell(long at) {
        return (int) (at - origin);
    }
}
