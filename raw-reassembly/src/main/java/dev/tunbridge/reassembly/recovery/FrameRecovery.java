package dev.tunbridge.reassembly.recovery;

import dev.tunbridge.protocol.frame.BoundaryGrade;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.frame.FrameProbe;
import dev.tunbridge.protocol.frame.FrameScanner;
import dev.tunbridge.protocol.frame.FrameView;
import dev.tunbridge.reassembly.recovery.Chains.Chain;
import dev.tunbridge.reassembly.recovery.ContentEvidence.Weight;
import dev.tunbridge.reassembly.stream.HeldBytes;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds the frames in held bytes and offers each once, in the order of the stream as far as that is known.
 *
 * <p>It follows <em>chains</em>: a boundary of some grade, and the frames that follow it one by one. Chains begin where
 * the frame that a hole cuts must end by its header, where a {@link BoundaryScan} has proven a boundary, where a byte
 * that occurs in no frame lies, or at the first byte of a segment that a chain fills. A chain that meets another ends
 * there.
 */
final class FrameRecovery implements AutoCloseable {
    private static final int SCANNED_FRAMES_BYTES = 128 * 1024;
    private static final int MAX_SCANS = 32;
    /** Behind a hole so many frames at most are looked at before the next boundary that is known otherwise. */
    private static final int SCANNED_FRAMES = 4;

    private final FrameFormat format;
    private final EarlyFrames early;
    private final ContentEvidence content;
    private final EarlyHandler handler;
    private final RecoveryCounters counters;
    private final RecoveryListener listener;
    private final HeldBytes held;
    private final FrameProbe probe;
    private final int maxFrameBytes;
    private final int maxScans;
    private final boolean isWeak;
    /** Of the place that {@link #next} has found. */
    private boolean isRival;

    private final Chains chains;
    private final List<BoundaryScan> scans = new ArrayList<>();
    private final Deque<FrameScanner> spareScanners = new ArrayDeque<>();
    private final KeptFrames kept = new KeptFrames();
    private final KeptFrames.Offer offerAgain = new OfferAgain();

    // The last bytes in which no chain that ends at their end was found.
    private long hopelessStart = -1;
    private long hopelessEnd = -1;
    // The last bytes in which no mark was found.
    private long unmarkedStart = -1;
    private long unmarkedEnd = -1;

    private boolean isTrusted = true;
    private boolean hasAdvanced;
    private long lastPosition;
    private BoundaryGrade lowest = BoundaryGrade.PROVEN;

    FrameRecovery(
            FrameFormat format,
            HeldBytes held,
            EarlyFrames early,
            ContentEvidence content,
            EarlyHandler handler,
            RecoveryCounters counters,
            RecoveryListener listener) {
        this.format = format;
        this.held = held;
        this.early = early;
        this.content = content;
        this.handler = handler;
        this.counters = counters;
        this.listener = listener;
        isWeak = content != ContentEvidence.UNNEEDED;
        probe = new FrameProbe(format);
        chains = new Chains(probe.hasCertainBoundaries());
        maxFrameBytes = format.maxFrameBytes();
        maxScans = Math.max(1, Math.min(MAX_SCANS, SCANNED_FRAMES_BYTES / maxFrameBytes));
    }

    /** The server has written a bad frame, so its stream proves nothing any more. */
    void distrust() {
        isTrusted = false;
        forget();
    }

    /** Forgets every boundary; what has been held is gone. */
    void forget() {
        chains.clear();
        kept.clear();
        while (!scans.isEmpty()) {
            drop(scans.get(scans.size() - 1));
        }
    }

    /**
     * Offers what can be offered now. The kernel lane has read everything before the first hole.
     *
     * @param pendingEnd where the frame ends whose beginning the kernel lane holds, as its header says; 0 if that is unknown
     * @param lowest the lowest grade of boundary that counts
     * @param changedFrom no byte before this offset was held since the last call
     */
    void recover(long pendingEnd, BoundaryGrade lowest, long changedFrom) {
        this.lowest = lowest;
        dropPassed();
        if (pendingEnd > held.position()) {
            propose(pendingEnd, isTrusted ? BoundaryGrade.PROVEN : BoundaryGrade.ANCHORED);
        }
        for (int run = 0; run < held.runs(); run++) {
            if (run == 0 || held.runEnd(run) > changedFrom || chains.hasNew(held.runStart(run), held.runEnd(run))) {
                prove(run);
                follow(run);
            }
        }
        if (hasAdvanced) {
            hasAdvanced = false;
            kept.passed(held.position());
            kept.offerAll(offerAgain);
        }
    }

    private boolean counts(BoundaryGrade grade) {
        return grade.compareTo(lowest) <= 0;
    }

    private void dropPassed() {
        long position = held.position();
        hasAdvanced |= position != lastPosition;
        lastPosition = position;
        chains.dropBehind(position);
        for (int i = scans.size() - 1; i >= 0; i--) {
            if (scans.get(i).origin() < held.contiguousEnd()) {
                drop(scans.get(i));
            }
        }
    }

    // Boundaries

    /** Notes a boundary, if its grade counts now. */
    private @Nullable Chain propose(long offset, BoundaryGrade grade) {
        return counts(grade) ? chains.begin(offset, grade) : null;
    }

    private void prove(int run) {
        long start = held.runStart(run);
        long end = held.runEnd(run);
        if (probe.hasCertainBoundaries()) {
            proveByMark(start, end);
            return;
        }
        // One at the very end counts too: what lies before it was scanned, or belongs to the frame that the hole cuts.
        if (chains.firstProven(start, end + 1) != null) {
            dropScans(start, end, null);
            return;
        }
        if (!isTrusted) {
            return;
        }
        BoundaryScan scan = scanOf(start, end);
        if (scan == null) {
            return;
        }
        long before = scan.scannedBytes();
        long boundary = scan.advance(held, end);
        counters.probedBytes += scan.scannedBytes() - before;
        if (boundary == BoundaryScan.CONTRADICTION) {
            contradiction(start, end);
        } else if (boundary != BoundaryScan.UNDECIDED) {
            drop(scan);
            propose(boundary, BoundaryGrade.PROVEN);
        }
    }

    /** The first mark that tells frames apart is a boundary, also where a run has grown at its start. */
    private void proveByMark(long start, long end) {
        Chain first = chains.firstProven(start, end);
        if (!isTrusted || (first != null && first.searchedFrom <= start)) {
            return;
        }
        // Further behind there is none either, if the server writes valid frames.
        long until = Math.min(first == null ? end : first.origin, start + 2L * maxFrameBytes + 2);
        if (start == unmarkedStart && until == unmarkedEnd) {
            return;
        }
        int limit = held.index(until);
        int boundary = probe.certainBoundary(held.bytes(), held.index(start), limit);
        counters.probedBytes += boundary - held.index(start);
        if (boundary < limit) {
            first = propose(until - (limit - boundary), BoundaryGrade.PROVEN);
        } else {
            unmarkedStart = start;
            unmarkedEnd = until;
        }
        if (first != null) {
            first.searchedFrom = start;
        }
    }

    /** The scan of a run: of several that have met in it, the one that would have to do most again. */
    private @Nullable BoundaryScan scanOf(long start, long end) {
        BoundaryScan best = null;
        for (BoundaryScan scan : scans) {
            boolean isInside = scan.origin() >= start && scan.origin() < end;
            if (isInside && (best == null || scan.scannedBytes() > best.scannedBytes())) {
                best = scan;
            }
        }
        if (best != null) {
            dropScans(start, end, best);
            return best;
        }
        if (end - start < maxFrameBytes || scans.size() == maxScans) {
            return null; // nothing can be proven yet: short runs must not take the scanners from long ones
        }
        BoundaryScan scan = new BoundaryScan(scanner(), start, maxFrameBytes);
        scans.add(scan);
        return scan;
    }

    private void dropScans(long start, long end, @Nullable BoundaryScan except) {
        for (int i = scans.size() - 1; i >= 0; i--) {
            BoundaryScan scan = scans.get(i);
            if (scan != except && scan.origin() >= start && scan.origin() < end) {
                drop(scan);
            }
        }
    }

    private void drop(BoundaryScan scan) {
        scans.remove(scan);
        spareScanners.push(scan.scanner());
    }

    private void contradiction(long from, long to) {
        counters.contradictions++;
        listener.onEvent(RecoveryListener.Event.CONTRADICTION, from, to);
        distrust();
    }

    // Chains

    /** Follows every chain of a run, and between them those from the starts of segments, all in the order of the stream. */
    private void follow(int run) {
        long end = held.runEnd(run);
        long from = held.runStart(run);
        while (from < end) {
            Chain next = chains.first(from, end);
            long before = next == null ? end : Math.min(next.origin, end);
            if (counts(BoundaryGrade.ANCHORED)) {
                Chain byStart = anchorByStart(from, before, end);
                Chain byEnd = anchorByEnd(from, byStart == null ? before : byStart.origin, end);
                if (byEnd != null) {
                    next = byEnd;
                } else if (byStart != null) {
                    next = byStart;
                } else if (next == null && counts(BoundaryGrade.FOUND)) {
                    next = find(from, end);
                }
            }
            if (next == null) {
                return;
            }
            long reached = walk(next, end);
            // Where a chain broke at its very beginning, another may begin.
            from = reached > from || !chains.contains(next) ? Math.max(from, reached) : from + 1;
        }
    }

    /** A chain from the first start of a segment, in these bytes, from which frames fill the segment. */
    private @Nullable Chain anchorByStart(long from, long before, long runEnd) {
        for (long at = held.segmentStart(from); at < before; at = held.segmentStart(at + 1)) {
            long filled = fills(at, held.rangeEnd(at), before, runEnd);
            if (filled > 0) {
                counters.anchors++;
                return propose(at, BoundaryGrade.ANCHORED);
            }
            if (filled < 0) {
                held.dismissSegmentStart(at);
            }
        }
        return null;
    }

    /** 1 if frames fill the bytes up to the segment's end, −1 if they certainly do not, 0 if more bytes must tell. */
    private int fills(long start, long segmentEnd, long nextOrigin, long runEnd) {
        long at = start;
        while (at < segmentEnd && at < nextOrigin) {
            long answer = probe(at, runEnd);
            if (answer <= 0) {
                return (int) answer < 0 ? -1 : 0;
            }
            if (content.weigh(probe.frame(held.bytes(), at, answer)) != Weight.SPEAKS) {
                return -1;
            }
            at += answer;
        }
        return at > nextOrigin && nextOrigin < runEnd ? -1 : 1;
    }

    /** Whether nothing but idle fill lies between the end of a frame and the place. */
    private static boolean isNext(FrameScanner scanner, long expected, long place) {
        int between = (int) (place - expected);
        return between == 0 || (between > 0 && scanner.fillBefore(between) == between);
    }

    /**
     * A chain that was found by scanning and ends exactly where a segment ends or where another chain begins, while
     * nothing else that could be a frame lies before. As likely as one from the start of a segment: a sender that is
     * short of window packs frames across segments, and then hardly one starts with a segment.
     */
    private @Nullable Chain anchorByEnd(long from, long before, long runEnd) {
        if (before <= from || (before == hopelessEnd && from == hopelessStart)) {
            return null;
        }
        FrameScanner scanner = scanner();
        int limit = held.index(runEnd);
        scanner.begin(held.bytes(), held.index(from), limit);
        long farthest = Math.min(before, from + SCANNED_FRAMES * (long) maxFrameBytes);
        long first = -1;
        long expected = from;
        long looked = from;
        boolean isOne = true;
        while (isOne && expected < farthest) {
            int found = next(scanner, limit, runEnd, farthest);
            long place = found == FrameScanner.NONE ? runEnd : runEnd - (limit - found);
            looked = Math.max(looked, Math.min(place, farthest));
            if (place >= before && first < 0) {
                break;
            }
            boolean isFirst = first < 0;
            isOne = place < before
                    && scanner.frameBytes() > 0
                    && !isRival
                    && (isFirst || isNext(scanner, expected, place));
            first = isFirst ? place : first;
            expected = place + scanner.frameBytes();
        }
        counters.probedBytes += Math.max(looked, Math.min(expected, runEnd)) - from;
        spareScanners.push(scanner);
        if (isOne && first >= 0 && expected == before) {
            counters.anchors++;
            return propose(first, BoundaryGrade.ANCHORED);
        }
        hopelessStart = from;
        hopelessEnd = before;
        return null;
    }

    private FrameScanner scanner() {
        FrameScanner spare = spareScanners.poll();
        return spare == null ? new FrameScanner(format) : spare;
    }

    /**
     * The next place that counts: any, or in a format where almost any bytes are a frame one that its content speaks for, or a
     * {@linkplain #isRival rival}. There none is looked for beyond the farthest.
     */
    private int next(FrameScanner scanner, int limit, long runEnd, long farthest) {
        isRival = false;
        int found = scanner.next();
        while (isWeak && found != FrameScanner.NONE) {
            long place = runEnd - (limit - found);
            if (place >= farthest) {
                return FrameScanner.NONE;
            }
            Weight weight = scanner.frameBytes() > 0 ? content.weigh(scanner.frame(place)) : Weight.NOTHING;
            isRival = weight == Weight.RIVAL;
            if (weight != Weight.NOTHING) {
                return found;
            }
            found = scanner.next();
        }
        return found;
    }

    /** A chain from the first place where anything like a frame is found. */
    private @Nullable Chain find(long from, long runEnd) {
        FrameScanner scanner = scanner();
        int limit = held.index(runEnd);
        scanner.begin(held.bytes(), held.index(from), limit);
        long farthest = isWeak ? Math.min(runEnd, from + SCANNED_FRAMES * (long) maxFrameBytes) : runEnd;
        long place = runEnd;
        for (int found = next(scanner, limit, runEnd, farthest);
                found != FrameScanner.NONE && !isRival;
                found = next(scanner, limit, runEnd, farthest)) {
            if (scanner.frameBytes() > 0) {
                place = runEnd - (limit - found);
                break;
            }
        }
        counters.probedBytes += Math.min(place, farthest) - from;
        spareScanners.push(scanner);
        return place < runEnd ? propose(place, BoundaryGrade.FOUND) : null;
    }

    /** Offers the frames of a chain, and of those that it meets, to the end of the run. Answers how far that is. */
    private long walk(Chain start, long runEnd) {
        Chain chain = start;
        chain.isNew = false;
        while (true) {
            Chain next = chains.after(chain);
            if (next != null && next.origin <= chain.cursor) {
                Chain survivor = chains.meet(chain, next);
                if (survivor == null) {
                    contradiction(chain.cursor, next.origin);
                    return chain.cursor;
                }
                chain = survivor;
                chain.isNew = false;
                continue;
            }
            if (chain.cursor >= runEnd) {
                return runEnd;
            }
            long answer = probe(chain.cursor, runEnd);
            if (answer < 0) {
                broken(chain);
                return chain.cursor;
            }
            if (answer == 0) {
                claim(chain, runEnd);
                return runEnd;
            }
            FrameView frame = probe.frame(held.bytes(), chain.cursor, answer);
            if (chain.grade != BoundaryGrade.PROVEN && content.weigh(frame) != Weight.SPEAKS) {
                broken(chain);
                return chain.cursor;
            }
            offer(frame, chain.grade);
            chain.cursor += answer;
        }
    }

    private void broken(Chain chain) {
        if (chain.grade == BoundaryGrade.PROVEN) {
            contradiction(chain.cursor, chain.cursor);
        } else {
            chains.remove(chain);
        }
    }

    /** The header of a frame that the next hole cuts tells where the next boundary lies. */
    private void claim(Chain chain, long runEnd) {
        int bytes = probe.claimedBytes(held.bytes(), held.index(chain.cursor), held.index(runEnd));
        if (bytes > 0 && chain.cursor + bytes > runEnd) {
            propose(chain.cursor + bytes, chain.grade);
        }
    }

    private long probe(long offset, long runEnd) {
        int index = held.index(offset);
        long answer = probe.probe(held.bytes(), index, held.index(runEnd));
        counters.probedBytes += Math.max(1, answer);
        return answer;
    }

    // Frames

    private void offer(FrameView frame, BoundaryGrade grade) {
        long start = frame.startOffset();
        if (start < held.position() || early.isFull() || early.crosses(start, frame.endOffset())) {
            return; // it has gone, or something false has gone in its place, which the kernel lane will tell
        }
        long answer = handler.onEarlyFrame(frame, grade);
        if (answer == EarlyHandler.DELIVERED) {
            delivered(frame, grade);
            kept.offerOf(handler.flow(), offerAgain);
        } else if (answer == EarlyHandler.REFUSED) {
            counters.refused++;
        } else {
            counters.putOff++;
            kept.keep(start, grade, answer);
        }
    }

    private void delivered(FrameView frame, BoundaryGrade grade) {
        early.add(frame, grade);
        counters.earlyFrames++;
        counters.earlyBytes += frame.endOffset() - frame.startOffset();
        if (grade == BoundaryGrade.PROVEN) {
            counters.earlyProven++;
        }
    }

    private final class OfferAgain implements KeptFrames.Offer {
        @Override
        public boolean isRipe(long ticket) {
            return handler.isRipe(ticket);
        }

        @Override
        public int flow() {
            return handler.flow();
        }

        @Override
        public long offer(long start, BoundaryGrade grade) {
            int run = held.runOf(start);
            if (run < 0 || !counts(grade) || early.isFull()) {
                return EarlyHandler.REFUSED;
            }
            long frameBytes = probe(start, held.runEnd(run));
            if (frameBytes <= 0) {
                return EarlyHandler.REFUSED;
            }
            FrameView frame = probe.frame(held.bytes(), start, frameBytes);
            if (early.crosses(frame.startOffset(), frame.endOffset())) {
                return EarlyHandler.REFUSED;
            }
            long answer = handler.onEarlyFrame(frame, grade);
            if (answer == EarlyHandler.DELIVERED) {
                delivered(frame, grade);
            }
            return answer;
        }
    }

    @Override
    public void close() {
        forget();
        spareScanners.forEach(FrameScanner::close);
        probe.close();
    }
}
