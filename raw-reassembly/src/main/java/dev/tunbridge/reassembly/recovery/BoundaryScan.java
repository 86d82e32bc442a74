package dev.tunbridge.reassembly.recovery;

import dev.tunbridge.protocol.frame.FrameScanner;
import dev.tunbridge.reassembly.stream.HeldBytes;

/**
 * Proves a frame boundary beyond a hole by following every chain of valid frames that could start there.
 *
 * <p>The frame that the hole cuts, or one that lies in it, ends at most one maximum frame length behind the hole, so the true chain
 * starts in that window. A place where certainly no valid frame starts is dead; the true chain's never are. When every place of the
 * window is decided and all chains that are still alive have run into one place, then the true chain has too, and the place is a
 * boundary, whatever a client has put into its payload. What a server writes must be valid frames; nothing else is assumed.
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

    private final long mask;
    private int live;
    /**
     * A place behind the window that a live chain has reached and where a frame may start that is not whole yet. It ends behind all
     * bytes seen so far, so what lies between may be looked at before it is decided: the other chains may break there.
     */
    private long open = NONE;

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
     * @return the proven boundary, {@link #UNDECIDED} or {@link #CONTRADICTION}
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
            dropTargets(place); // no frame starts at what the scanner has left out
            if (place >= windowEnd && chains() <= 1) {
                return chains() == 1 ? onlyChain() : CONTRADICTION;
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
            clearTarget(place);
            processed = place + 1;
            if (bytes == 0) {
                open = place;
            } else {
                setTarget(place + bytes);
            }
        }
    }

    private void reopen(HeldBytes held) {
        long bytes = scanner.probe(held.index(open));
        if (bytes > 0) {
            setTarget(open + bytes);
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

    private boolean isTarget(long place) {
        return (targets[(int) ((place & mask) >>> 6)] & 1L << place) != 0;
    }

    private void setTarget(long place) {
        if (!isTarget(place)) {
            targets[(int) ((place & mask) >>> 6)] |= 1L << place;
            live++;
        }
    }

    private void clearTarget(long place) {
        if (isTarget(place)) {
            targets[(int) ((place & mask) >>> 6)] &= ~(1L << place);
            live--;
        }
    }

    private long onlyChain() {
        if (open != NONE) {
            return open;
        }
        long place = processed;
        while (!isTarget(place)) {
            place++;
        }
        return place;
    }
}
