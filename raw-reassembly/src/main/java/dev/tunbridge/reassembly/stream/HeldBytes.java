package dev.tunbridge.reassembly.stream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.Arrays;

/**
 * What the capture has seen of the stream from the kernel lane's offset on: which bytes, when, and beyond a hole the
 * bytes themselves.
 *
 * <pre>
 *             position      contiguousEnd     run 0              run 1
 *   ───────────┴───────────────┤ · · hole · · ├───────────┤ · · · ├──────┤
 *   read from     in order: the                 held: copied
 *   the kernel    kernel has them
 * </pre>
 *
 * Bounded in bytes and in ranges; a range is what one segment has added. Past a bound it forgets everything. One thread.
 */
public final class HeldBytes implements AutoCloseable {
    /** What {@link #add} has done with a segment. */
    public enum Added {
        /** It continues what was there without a hole; not copied, the kernel has it. */
        IN_ORDER,
        /** It lies beyond a hole and was copied, at least in part. */
        HELD,
        /** It brought nothing new. */
        DUPLICATE,
        /** Some of its bytes differ from those held. Nothing was taken. */
        CONFLICT,
        /** It would have exceeded a bound: nothing is held any more. */
        OVER_CAP,
        /** It lies in bytes of which the kernel may have another version: one was forgotten, or not to be used. Nothing was taken. */
        DISPUTED
    }

    /** No range covers these bytes. */
    public static final long NEVER = Long.MIN_VALUE;

    private static final int INITIAL_BYTES = 64 * 1024;
    private static final int FIRST_RANGES = 192;
    private static final byte IN_ORDER = 0;
    private static final byte HELD = 1;
    private static final byte HELD_FROM_SEGMENT_START = 2;

    private final ByteBufAllocator allocator;
    private final int maxBytes;
    private final int maxRanges;

    // Ranges by rising start, apart from each other; those from first to before last are in use.
    private long[] starts;
    private long[] ends;
    private long[] seenNanos;
    private byte[] kinds;
    private int first;
    private int last;

    // Stretches of held ranges without a gap, beyond contiguousEnd.
    private long[] runStarts = new long[16];
    private long[] runEnds = new long[16];
    private int runs;

    private ByteBuf bytes = Unpooled.EMPTY_BUFFER;
    /** The offset of index 0. */
    private long base;

    private long position;
    private long contiguousEnd;
    private long disputedEnd;
    private long holesOpened;
    private int layoutChanges;

    /**
     * @param maxBytes the furthest that a held byte may lie beyond the kernel lane's offset; a power of two, at least 64 KiB
     * @param maxRanges the most segments remembered at once
     */
    public HeldBytes(ByteBufAllocator allocator, int maxBytes, int maxRanges) {
        if (Integer.bitCount(maxBytes) != 1 || maxBytes < INITIAL_BYTES) {
            throw new IllegalArgumentException(
                    "maxBytes: " + maxBytes + " is not valid; allowed: a power of two from " + INITIAL_BYTES);
        }
        this.allocator = allocator;
        this.maxBytes = maxBytes;
        this.maxRanges = maxRanges;
        int first = Math.min(FIRST_RANGES, 3 * maxRanges);
        starts = new long[first];
        ends = new long[first];
        seenNanos = new long[first];
        kinds = new byte[first];
    }

    /**
     * Takes note of a segment, and copies of it what lies beyond a hole.
     *
     * @param start the stream offset of its first byte
     * @param nowNanos when it was captured
     */
    public Added add(long start, ByteBuf buffer, int index, int length, long nowNanos) {
        long end = start + length;
        if (end <= position) {
            return Added.DUPLICATE;
        }
        if (end > position + reach()) {
            return overCap();
        }
        if (differs(start, end, buffer, index)) {
            forget();
            disputedEnd = Math.max(disputedEnd, end);
            return Added.CONFLICT;
        }
        if (start > contiguousEnd && start < disputedEnd) {
            return Added.DISPUTED;
        }
        if (last - firstEndingAfter(position) >= maxRanges) {
            return overCap();
        }
        return start <= contiguousEnd
                ? addInOrder(Math.max(start, position), end, nowNanos)
                : hold(start, end, buffer, index, nowNanos);
    }

    /**
     * Takes note of a segment that must not be used, though the kernel has probably taken it: what else comes for its
     * place is not taken.
     *
     * @return {@link Added#CONFLICT}, {@link Added#DISPUTED}, or {@link Added#DUPLICATE} where its place does not matter any more
     */
    public Added dispute(long start, ByteBuf buffer, int index, int length) {
        long end = start + length;
        if (end <= contiguousEnd || end > position + maxBytes) {
            return Added.DUPLICATE;
        }
        boolean isConflict = differs(start, end, buffer, index);
        if (isConflict) {
            forget();
        }
        disputedEnd = Math.max(disputedEnd, end);
        return isConflict ? Added.CONFLICT : Added.DISPUTED;
    }

    private Added overCap() {
        forget();
        return Added.OVER_CAP;
    }

    private Added addInOrder(long start, long end, long nowNanos) {
        if (end <= contiguousEnd) {
            return Added.DUPLICATE;
        }
        long from = Math.max(start, contiguousEnd);
        contiguousEnd = end;
        // Ranges beyond the hole stay, with the times when they were seen; only the gaps between them are new.
        fillGaps(from, end, nowNanos);
        joinRuns();
        return Added.IN_ORDER;
    }

    private void fillGaps(long from, long end, long nowNanos) {
        int at = firstEndingAfter(from);
        long gapStart = from;
        while (at < last && starts[at] < end) {
            if (starts[at] > gapStart) {
                insert(at, gapStart, starts[at], nowNanos, IN_ORDER);
                at = firstEndingAfter(gapStart) + 1; // the insertion may have moved everything
            }
            gapStart = ends[at];
            at++;
        }
        if (gapStart < end) {
            // A reader that lags lets ranges pile up that are of one kind: half of the room is enough for them.
            boolean mergeable = at == last
                    && at > first
                    && last - firstEndingAfter(position) > maxRanges / 2
                    && kinds[at - 1] == IN_ORDER;
            if (mergeable && ends[at - 1] == gapStart) {
                ends[at - 1] = end;
                seenNanos[at - 1] = nowNanos;
            } else {
                insert(at, gapStart, end, nowNanos, IN_ORDER);
            }
        }
    }

    /** What lies in order now is no run any more. */
    private void joinRuns() {
        int joined = 0;
        while (joined < runs && runStarts[joined] <= contiguousEnd) {
            contiguousEnd = Math.max(contiguousEnd, runEnds[joined]);
            joined++;
        }
        removeRuns(0, joined);
        if (runs == 0) {
            dropBytes();
        }
    }

    private Added hold(long start, long end, ByteBuf buffer, int index, long nowNanos) {
        makeRoom(start, end);
        boolean isNew = false;
        int at = firstEndingAfter(start);
        long gapStart = start;
        while (gapStart < end) {
            boolean isCovered = at < last && starts[at] <= gapStart;
            if (isCovered) {
                gapStart = ends[at];
                at++;
                continue;
            }
            long gapEnd = at < last ? Math.min(end, starts[at]) : end;
            bytes.setBytes(
                    (int) (gapStart - base), buffer, index + (int) (gapStart - start), (int) (gapEnd - gapStart));
            insert(at, gapStart, gapEnd, nowNanos, gapStart == start ? HELD_FROM_SEGMENT_START : HELD);
            extendRuns(gapStart, gapEnd);
            isNew = true;
            at = firstEndingAfter(gapStart) + 1;
            gapStart = gapEnd;
        }
        return isNew ? Added.HELD : Added.DUPLICATE;
    }

    private void extendRuns(long start, long end) {
        int at = firstRunEndingFrom(start);
        boolean touchesBefore = at < runs && runEnds[at] == start;
        int after = touchesBefore ? at + 1 : at;
        boolean touchesAfter = after < runs && runStarts[after] == end;
        if (touchesBefore && touchesAfter) {
            runEnds[at] = runEnds[after];
            removeRuns(after, 1);
        } else if (touchesBefore) {
            runEnds[at] = end;
        } else if (touchesAfter) {
            runStarts[after] = start;
        } else {
            insertRun(at, start, end);
            holesOpened++;
        }
    }

    private void insertRun(int at, long start, long end) {
        if (runs == runStarts.length) {
            runStarts = Arrays.copyOf(runStarts, 2 * runs);
            runEnds = Arrays.copyOf(runEnds, 2 * runs);
        }
        System.arraycopy(runStarts, at, runStarts, at + 1, runs - at);
        System.arraycopy(runEnds, at, runEnds, at + 1, runs - at);
        runStarts[at] = start;
        runEnds[at] = end;
        runs++;
    }

    private void removeRuns(int at, int count) {
        System.arraycopy(runStarts, at + count, runStarts, at, runs - at - count);
        System.arraycopy(runEnds, at + count, runEnds, at, runs - at - count);
        runs -= count;
    }

    /** Whether a byte of the segment is held already with another value. */
    private boolean differs(long start, long end, ByteBuf buffer, int index) {
        if (bytes.capacity() == 0) {
            return false;
        }
        long compared = Math.max(start, position);
        for (int at = firstEndingAfter(compared); at < last && starts[at] < end; at++) {
            long from = Math.max(starts[at], compared);
            long to = Math.min(ends[at], end);
            boolean isSame = kinds[at] == IN_ORDER
                    || from >= to
                    || ByteBufUtil.equals(
                            bytes, (int) (from - base), buffer, index + (int) (from - start), (int) (to - from));
            if (!isSame) {
                return true;
            }
        }
        return false;
    }

    private void insert(int at, long start, long end, long nowNanos, byte kind) {
        int place = at;
        if (last == starts.length) {
            place -= first;
            gatherRanges();
        }
        System.arraycopy(starts, place, starts, place + 1, last - place);
        System.arraycopy(ends, place, ends, place + 1, last - place);
        System.arraycopy(seenNanos, place, seenNanos, place + 1, last - place);
        System.arraycopy(kinds, place, kinds, place + 1, last - place);
        starts[place] = start;
        ends[place] = end;
        seenNanos[place] = nowNanos;
        kinds[place] = kind;
        last++;
    }

    /** Moves the ranges to the front, of larger arrays where a third of these is in use. Three times the most is room for all. */
    private void gatherRanges() {
        int count = last - first;
        int length = count <= starts.length / 3 ? starts.length : Math.min(2 * starts.length, 3 * maxRanges);
        long[] largerStarts = length == starts.length ? starts : new long[length];
        long[] largerEnds = length == starts.length ? ends : new long[length];
        long[] largerSeen = length == starts.length ? seenNanos : new long[length];
        byte[] largerKinds = length == starts.length ? kinds : new byte[length];
        System.arraycopy(starts, first, largerStarts, 0, count);
        System.arraycopy(ends, first, largerEnds, 0, count);
        System.arraycopy(seenNanos, first, largerSeen, 0, count);
        System.arraycopy(kinds, first, largerKinds, 0, count);
        starts = largerStarts;
        ends = largerEnds;
        seenNanos = largerSeen;
        kinds = largerKinds;
        first = 0;
        last = count;
    }

    /** The index of the first range that ends after the offset. */
    private int firstEndingAfter(long offset) {
        int low = first;
        int high = last;
        if (low < high && ends[high - 1] <= offset) {
            return high; // as good as always: segments come in order
        }
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (ends[middle] <= offset) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    // Memory

    private void makeRoom(long start, long end) {
        if (bytes.capacity() == 0) {
            bytes = allocate(INITIAL_BYTES);
            base = Math.min(start, contiguousEnd);
            layoutChanges++;
        }
        if (start >= base && end - base <= bytes.capacity()) {
            return;
        }
        long lowest = runs == 0 ? start : Math.min(start, runStarts[0]);
        long highest = runs == 0 ? end : Math.max(end, runEnds[runs - 1]);
        long newBase = Math.max(position, Math.min(lowest, contiguousEnd));
        int capacity = bytes.capacity();
        // Half of it stays free below the cap, and an eighth has been passed at it, so that moving costs each byte a
        // constant.
        while (capacity < maxBytes && capacity < 2 * (highest - newBase)) {
            capacity *= 2;
        }
        move(newBase, capacity);
    }

    /** All of it counts as written: what compares and searches buffers looks no further than their writer index. */
    private ByteBuf allocate(int capacity) {
        return allocator.directBuffer(capacity, capacity).writerIndex(capacity);
    }

    private void move(long newBase, int capacity) {
        ByteBuf from = bytes;
        boolean inPlace = capacity == from.capacity() && newBase >= base;
        if (!inPlace) {
            bytes = allocate(capacity);
        }
        for (int run = 0; run < runs; run++) { // rising, towards lower indexes: in place each copy is safe
            int length = (int) (runEnds[run] - runStarts[run]);
            bytes.setBytes((int) (runStarts[run] - newBase), from, (int) (runStarts[run] - base), length);
        }
        if (!inPlace) {
            from.release();
        }
        base = newBase;
        layoutChanges++;
        forgetBytesInOrder();
    }

    /** Ranges below the runs are not moved: their bytes are gone, their times stay. */
    private void forgetBytesInOrder() {
        for (int at = first; at < last && starts[at] < contiguousEnd; at++) {
            kinds[at] = IN_ORDER;
        }
    }

    private void dropBytes() {
        if (bytes.capacity() == 0) {
            return;
        }
        // The bytes in order are kept until the kernel lane has passed them: a conflict may still show.
        if (contiguousEnd <= position) {
            bytes.release();
            bytes = Unpooled.EMPTY_BUFFER;
        }
    }

    /** Moves the kernel lane's offset; what lies below it is forgotten. */
    public void advance(long newPosition) {
        advance(newPosition, newPosition);
    }

    /**
     * The same, but remembers when what lies below was captured, for a frame whose beginning has been read.
     *
     * @param remembered from this offset on, not above the new position
     */
    public void advance(long newPosition, long remembered) {
        position = newPosition;
        while (first < last && ends[first] <= remembered) {
            first++;
        }
        first = Math.max(first, firstEndingAfter(newPosition) - maxRanges);
        if (first == last) {
            first = 0;
            last = 0;
        }
        if (contiguousEnd < newPosition) {
            inOrderTo(newPosition);
        } else if (runs == 0) {
            dropBytes();
        }
    }

    /** The kernel has everything before this offset in order, also what the capture has not seen. */
    public void inOrderTo(long end) {
        if (end > contiguousEnd) {
            contiguousEnd = end;
            trimRuns(end);
            if (runs == 0) {
                dropBytes();
            }
        }
    }

    /** The kernel was further than the capture, which has missed something. */
    private void trimRuns(long newPosition) {
        int passed = 0;
        while (passed < runs && runEnds[passed] <= newPosition) {
            passed++;
        }
        removeRuns(0, passed);
        joinRuns();
    }

    /**
     * Takes back that anything is in order beyond the kernel lane's offset: the kernel does not have it, whatever the
     * capture has seen. What was not copied is a hole now.
     */
    public void reopen() {
        int kept = first;
        runs = 0;
        long opened = holesOpened;
        for (int at = first; at < last; at++) {
            if (kinds[at] != IN_ORDER && starts[at] >= position) {
                starts[kept] = starts[at];
                ends[kept] = ends[at];
                seenNanos[kept] = seenNanos[at];
                kinds[kept] = kinds[at];
                extendRuns(starts[kept], ends[kept]);
                kept++;
            }
        }
        holesOpened = opened + (runs > 0 ? 1 : 0);
        last = kept;
        contiguousEnd = position;
        joinRuns();
    }

    /**
     * Forgets all that lies beyond the kernel lane's offset. Whatever comes for the same places cannot be compared any
     * more, and the kernel keeps what came first: nothing there is taken again.
     */
    public void forget() {
        disputedEnd = Math.max(disputedEnd, runs == 0 ? contiguousEnd : runEnds[runs - 1]);
        first = 0;
        last = 0;
        runs = 0;
        contiguousEnd = position;
        dropBytes();
    }

    // What is there

    /** The kernel lane's offset. */
    public long position() {
        return position;
    }

    /**
     * How far beyond the kernel lane's offset bytes may lie now. At the cap held bytes are moved down in steps of an
     * eighth, or each segment would move all of them.
     */
    public int reach() {
        boolean isMoving = bytes.capacity() < maxBytes || position - base >= maxBytes / 8;
        return isMoving ? maxBytes : (int) Math.min(maxBytes, base + maxBytes - position);
    }

    /** The capture knows of no hole before this offset. */
    public long contiguousEnd() {
        return contiguousEnd;
    }

    /** Stretches of held bytes beyond a hole. */
    public int runs() {
        return runs;
    }

    public long runStart(int run) {
        return runStarts[run];
    }

    public long runEnd(int run) {
        return runEnds[run];
    }

    /** The run that holds the byte at this offset, or −1. */
    public int runOf(long offset) {
        int run = firstRunEndingFrom(offset + 1);
        return run < runs && runStarts[run] <= offset ? run : -1;
    }

    /** The first run that ends at or after the offset; {@link #runs} if there is none. */
    public int firstRunEndingFrom(long offset) {
        int low = 0;
        int high = runs;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (runEnds[middle] < offset) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** Where the bytes of all runs lie; the byte at an offset at {@link #index}. Valid until something is added or passed. */
    public ByteBuf bytes() {
        return bytes;
    }

    public int index(long offset) {
        return (int) (offset - base);
    }

    /** Changes whenever indexes into {@link #bytes} of the same offsets do. */
    public int layoutChanges() {
        return layoutChanges;
    }

    /** The first start of a segment, in held bytes, at or after the offset; {@link Long#MAX_VALUE} if there is none. */
    public long segmentStart(long from) {
        for (int at = firstEndingAfter(from); at < last; at++) {
            if (kinds[at] == HELD_FROM_SEGMENT_START && starts[at] >= from) {
                return starts[at];
            }
        }
        return Long.MAX_VALUE;
    }

    /** The segment start at this offset is none any more for {@link #segmentStart}. */
    public void dismissSegmentStart(long start) {
        int at = firstEndingAfter(start);
        if (at < last && starts[at] == start && kinds[at] == HELD_FROM_SEGMENT_START) {
            kinds[at] = HELD;
        }
    }

    /** The end of the range that holds this offset; it is held. */
    public long rangeEnd(long offset) {
        return ends[firstEndingAfter(offset)];
    }

    /** When the last of these bytes was first captured, or {@link #NEVER} if one was not. */
    public long seenNanos(long start, long end) {
        long latest = NEVER;
        int at = firstEndingAfter(start);
        boolean isRemembered = start >= position || (at < last && starts[at] <= start);
        long covered = isRemembered ? start : position;
        for (at = firstEndingAfter(covered); at < last && starts[at] <= covered; at++) {
            latest = latest == NEVER ? seenNanos[at] : Math.max(latest, seenNanos[at]);
            covered = ends[at];
            if (covered >= end) {
                return latest;
            }
        }
        return NEVER;
    }

    /** How often a segment has shown a new hole. */
    public long holesOpened() {
        return holesOpened;
    }

    /** Bytes of memory that are allocated for held bytes now. */
    public int allocatedBytes() {
        return bytes.capacity();
    }

    @Override
    public void close() {
        forget();
        position = contiguousEnd;
        bytes.release();
        bytes = Unpooled.EMPTY_BUFFER;
    }
}
