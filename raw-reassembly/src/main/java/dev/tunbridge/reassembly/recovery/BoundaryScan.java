package dev.tunbridge.reassembly.recovery;

import dev.tunbridge.protocol.frame.FrameScanner;
import dev.tunbridge.reassembly.stream.HeldBytes;

/**
 * Proves a frame boundary beyond a hole by following every chain of valid frames that could start there.
 *
 * <p>The frame that the hole cuts, or one that lies in it, ends at most one maximum frame length behind the hole, so
 * the true chain starts in that window. A place where certainly no valid frame starts is dead; the true chain's never
 * are. When every place of the window is decided and all chains that are still alive have run into one place, then the
 * true chain has too, and the place is a boundary, whatever a client has put into its payload. What a server writes
 * must be valid frames; nothing else is assumed.
 *
 * <p>Goes on where it stood when more bytes come, so the work is linear. One thread.
 */
final class BoundaryScan {
    /** More bytes are needed. */
    static final long UNDECIDED = -1;
    /** No chain is left alive: the bytes are not what a server of this format writes. */
    static final long CONTRADICTION = -2;

    private static final long NONE = Long.MAX_VALUE;

    private final FrameScanner scanner;
    private final long windowEnd;
    private final long origin;
    /** One bit for each of the places that a live chain has reached and nobody has looked at, by offset modulo the size. */
    private final long[] targets;
    /** For each of these, how far before it the chains that have reached it ran into one, at the window's end the earliest. */
    private final int[] unitedBefore;

    private final long mask;
    private int live;
    /**
     * A place behind the window that a live chain has reached and where a frame may start that is not whole yet. It
     * ends behind all bytes seen so far, so what lies between may be looked at before it is decided: the other chains
     * may break there.
     */
    private long open = NONE;

    private int openUnitedBefore;

    private long processed;
    private int layout = -1;

    /**
     * @param origin the first byte behind the hole
     */
    BoundaryScan(FrameScanner scanner, long origin, int maxFrameBytes) {
        this.scanner = scanner;
        this.origin = origin;
        this.windowEnd = origin + maxFrameBytes;
        this.processed = origin;
        int bits = Math.max(Long.SIZE, Integer.highestOneBit(maxFrameBytes) << 1);
        this.targets = new long[bits / Long.SIZE];
        this.unitedBefore = new int[bits];
        this.mask = bits - 1L;
    }

    long origin() {
        return origin;
    }

    /** Bytes that are behind it. */
    long scannedBytes() {
        return processed - origin;
    }

    FrameScanner scanner() {
        return scanner;
    }

    /**
     * Goes on to the end of the run that holds the origin.
     *
     * @return the first boundary that is proven, {@link #UNDECIDED} or {@link #CONTRADICTION}
     */
    long advance(HeldBytes held, long runEnd) {
        int limit = held.index(runEnd);
        if (layout == held.layoutChanges()) {
            scanner.extend(limit);
        } else {
            scanner.begin(held.bytes(), held.index(Math.min(open, processed)), limit);
            layout = held.layoutChanges();
        }
        if (open != NONE) {
            reopen(held);
        }
        while (true) {
            int found = scanner.next();
            long place = found == FrameScanner.NONE ? runEnd : runEnd - (limit - found);
            if (place < processed) {
                continue;
            }
            if (found != FrameScanner.NONE) {
                moveTargets(place);
            }
            dropTargets(place); // no frame starts at what the scanner has left out
            if (place >= windowEnd && chains() <= 1) {
                return chains() == 1 ? united() : CONTRADICTION;
            }
            if (found == FrameScanner.NONE) {
                return UNDECIDED;
            }
            if (place >= windowEnd && !isTarget(place)) {
                processed = place + 1;
                continue;
            }
            long bytes = scanner.frameBytes();
            if (bytes == 0 && (place < windowEnd || open != NONE)) {
                return UNDECIDED;
            }
            int before = place >= windowEnd ? unitedBefore[(int) (place & mask)] : 0;
            clearTarget(place);
            processed = place + 1;
            if (bytes == 0) {
                open = place;
                openUnitedBefore = before;
            } else {
                reach(place, bytes, before);
            }
        }
    }

    private void reopen(HeldBytes held) {
        long bytes = scanner.probe(held.index(open));
        if (bytes > 0) {
            reach(open, bytes, openUnitedBefore);
        }
        if (bytes != 0) {
            open = NONE;
        }
    }

    private int chains() {
        return live + (open == NONE ? 0 : 1);
    }

    private void dropTargets(long upTo) {
        for (; processed < upTo; processed++) {
            if (live == 0) {
                processed = upTo;
                return;
            }
            clearTarget(processed);
        }
    }

    /** A chain that has come to idle fill goes on where that ends. */
    private void moveTargets(long place) {
        int fill = scanner.fillBefore((int) Math.min(Integer.MAX_VALUE, place - processed));
        for (long target = place - fill; live > 0 && target < place; target++) {
            if (isTarget(target)) {
                int before = unitedBefore[(int) (target & mask)];
                clearTarget(target);
                reach(target, place - target, before);
            }
        }
    }

    private boolean isTarget(long place) {
        return (targets[(int) ((place & mask) >>> 6)] & 1L << place) != 0;
    }

    /** A chain goes on to the end of a frame. Where another has come already, they run into one there. */
    private void reach(long place, long bytes, int before) {
        long end = place + bytes;
        boolean isMeeting = isTarget(end);
        unitedBefore[(int) (end & mask)] = isMeeting || place < windowEnd ? 0 : (int) (before + bytes);
        if (!isMeeting) {
            targets[(int) ((end & mask) >>> 6)] |= 1L << end;
            live++;
        }
    }

    private void clearTarget(long place) {
        if (isTarget(place)) {
            targets[(int) ((place & mask) >>> 6)] &= ~(1L << place);
            live--;
        }
    }

    /** Where the chains that are left have run into one. */
    private long united() {
        if (open != NONE) {
            return open - openUnitedBefore;
        }
        long place = processed;
        while (!isTarget(place)) {
            place++;
        }
        return place - unitedBefore[(int) (place & mask)];
    }
}
