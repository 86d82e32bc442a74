package dev.tunbridge.reassembly.recovery;

import dev.tunbridge.protocol.frame.BoundaryGrade;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.frame.FrameView;
import dev.tunbridge.reassembly.capture.CapturedSegment;
import dev.tunbridge.reassembly.capture.SegmentHandler;
import dev.tunbridge.reassembly.recovery.RecoveryListener.Event;
import dev.tunbridge.reassembly.stream.Handshake;
import dev.tunbridge.reassembly.stream.HeldBytes;
import dev.tunbridge.reassembly.stream.KernelView;
import dev.tunbridge.reassembly.stream.Rejection;
import dev.tunbridge.reassembly.stream.SegmentValidator;
import dev.tunbridge.reassembly.wire.FourTuple;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.security.SecureRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The lane past the kernel, for one outer connection: takes captured segments, offers frames that lie beyond a hole,
 * and tells the kernel lane which of its frames have gone already. The kernel lane stays the authority: whatever
 * happens here, no frame is lost and none is delivered twice.
 *
 * <p>Without sockets, threads or clock: time is a parameter. One thread. The order of calls within a turn does not
 * matter, but {@link #recover} comes last.
 */
public final class RawLane implements SegmentHandler, AutoCloseable {
    /** Nothing to do until something comes. */
    public static final long NOT_DUE = Long.MAX_VALUE;

    /** So old must bytes in order be before the kernel is asked about them, and so long is it left alone then. */
    private static final long LOST_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private static final SecureRandom KEYS = new SecureRandom();

    private final RecoveryOptions options;
    private final BoundaryGrade lowest;
    private final Latches latches;
    private final KernelView kernel;
    private final RecoveryCounters counters;
    private final RecoveryListener listener;
    private final SegmentValidator validator;
    private final HeldBytes held;
    private final EarlyFrames early;
    private final FrameRecovery recovery;
    private final KernelLoss loss = new KernelLoss();
    private final CaptureSight sight = new CaptureSight();
    private long pendingEnd;
    private long furthestOffset;
    private boolean isDue;
    private long changedFrom = Long.MAX_VALUE;
    private long lastHoles;
    private long holeEnd;
    /** When the kernel was last asked for lost bytes. */
    private long askedNanos;

    /**
     * @param content speaks for frames of a format that proves too little by itself
     * @param openedNanos when the capture began, before the connection did, on the scale of the segments' times
     */
    public RawLane(
            FrameFormat format,
            FourTuple path,
            RecoveryOptions options,
            KernelView kernel,
            Latches latches,
            ContentEvidence content,
            EarlyHandler handler,
            RecoveryCounters counters,
            RecoveryListener listener,
            ByteBufAllocator allocator,
            long openedNanos) {
        this.options = options;
        this.latches = latches;
        this.kernel = kernel;
        this.counters = counters;
        this.listener = listener;
        askedNanos = openedNanos;
        ContentEvidence evidence = format.wantsContentEvidence() ? content : ContentEvidence.UNNEEDED;
        // Where a valid frame proves too little, and nothing else speaks for it, a boundary is true only if it is
        // proven.
        boolean isSearchable = format.resync().maxScanBytes() > 0 && evidence != ContentEvidence.NONE;
        BoundaryGrade ofFormat = isSearchable ? format.resync().boundaries() : BoundaryGrade.PROVEN;
        lowest = ofFormat.compareTo(options.boundaries()) < 0 ? ofFormat : options.boundaries();
        validator = new SegmentValidator(path, kernel, options.acceptsUnmarkedChecksums(), openedNanos);
        held = new HeldBytes(allocator, options.heldBytes(), options.heldRanges());
        early = new EarlyFrames(KEYS.nextLong(), KEYS.nextLong());
        recovery = new FrameRecovery(format, held, early, evidence, handler, counters, listener);
    }

    /** Takes a captured segment; one that this host sent is passed over. */
    @Override
    public void onSegment(CapturedSegment segment) {
        if (segment.isOutgoing()) {
            return;
        }
        counters.segments++;
        Rejection reason = validator.judge(segment, held.position(), held.reach());
        if (reason != null) {
            counters.rejected(reason);
            listener.onRejected(reason);
        }
        if (reason == null) {
            furthestOffset = Math.max(furthestOffset, validator.startOffset() + validator.payloadLength());
        }
        boolean counts = reason == null || validator.isTakenByKernel();
        int length = counts ? validator.payloadLength() : 0;
        if (reason == null) {
            sight.seen(validator.startOffset() + validator.payloadLength());
        } else if (reason == Rejection.INTERFACE && counts) {
            sight.seenElsewhere(segment.interfaceIndex(), validator.startOffset() + length, length);
        }
        if (length > 0) {
            long start = validator.startOffset();
            ByteBuf buffer = segment.buffer();
            int index = validator.payloadIndex();
            HeldBytes.Added added = reason == null
                    ? held.add(start, buffer, index, length, segment.timeNanos())
                    : held.dispute(start, buffer, index, length);
            added(added, start, length);
        }
    }

    /** The stream offset behind all that any segment has spoken of: a bare acknowledgement tells how far its sender has sent. */
    public long furthestOffset() {
        return furthestOffset;
    }

    private void added(HeldBytes.Added added, long start, int length) {
        switch (added) {
            case HELD -> {
                isDue = true;
                changedFrom = Math.min(changedFrom, start);
                note(start, length);
            }
            case CONFLICT -> {
                counters.conflicts++;
                recovery.forget();
                listener.onEvent(Event.CONFLICT, start, start + length);
            }
            case OVER_CAP -> {
                counters.overCap++;
                recovery.forget();
                listener.onEvent(Event.OVER_CAP, start, start + length);
            }
            case IN_ORDER, DUPLICATE, DISPUTED -> {}
        }
    }

    private void note(long start, int length) {
        counters.heldPeakBytes = Math.max(counters.heldPeakBytes, start + length - held.position());
        counters.memoryPeakBytes = Math.max(counters.memoryPeakBytes, held.allocatedBytes());
        if (held.holesOpened() > lastHoles) {
            lastHoles = held.holesOpened();
            counters.holes++;
            loss.holeSeen();
            int run = held.runOf(start);
            long from = run <= 0 ? held.contiguousEnd() : held.runEnd(run - 1);
            holeEnd = Math.max(holeEnd, start);
            listener.onEvent(Event.HOLE_OPENED, from, start);
        }
    }

    /**
     * The kernel lane has a whole frame: has it gone already? Called for each, in order, before its bytes change.
     *
     * @return true if it must not be delivered again
     */
    public boolean isDelivered(FrameView frame, long nowNanos) {
        if (early.isEmpty()) {
            return false;
        }
        EarlyFrames.Verdict verdict = early.reached(frame);
        int otherBytes = early.takeCrossedProven() + (verdict == EarlyFrames.Verdict.OTHER_BYTES ? 1 : 0);
        if (otherBytes > 0) {
            mismatchedBytes(otherBytes, nowNanos, frame);
        }
        int otherBoundaries = early.takeCrossedLikely();
        if (otherBoundaries > 0) {
            mismatchedBoundaries(otherBoundaries, nowNanos, frame);
        }
        if (verdict == EarlyFrames.Verdict.SAME) {
            counters.swallowed++;
            return true;
        }
        return false;
    }

    private void mismatchedBytes(int count, long nowNanos, FrameView frame) {
        counters.mismatchedBytes += count;
        latches.switchOff(nowNanos);
        listener.onEvent(Event.MISMATCHED_BYTES, frame.startOffset(), frame.endOffset());
    }

    private void mismatchedBoundaries(int count, long nowNanos, FrameView frame) {
        counters.mismatchedBoundaries += count;
        latches.provenOnly(nowNanos);
        recovery.forget();
        isDue = true;
        changedFrom = held.position();
        listener.onEvent(Event.MISMATCHED_BOUNDARIES, frame.startOffset(), frame.endOffset());
    }

    /** The kernel lane has met a bad frame: what the server writes proves nothing any more. */
    public void badFrame() {
        recovery.distrust();
    }

    /**
     * How far the kernel lane has come.
     *
     * @param position the stream offset behind the last byte read
     * @param pendingStart where the frame begins whose beginning is the last thing read; the position itself if there is none
     * @param pendingEnd where that frame ends, as its header says; 0 if that is not known
     */
    public void kernelAt(long position, long pendingStart, long pendingEnd) {
        this.pendingEnd = pendingEnd;
        if (position != held.position()) {
            isDue = true;
            held.advance(position, pendingStart);
            if (holeEnd > 0 && position >= holeEnd) {
                listener.onEvent(Event.HOLE_CLOSED, holeEnd, holeEnd);
                holeEnd = 0;
            }
            if (!loss.isComparable() && held.runs() == 0 && position >= held.contiguousEnd()) {
                loss.agree(outOfOrderSegments());
            }
        }
    }

    /** When the last of these bytes was captured, or {@link HeldBytes#NEVER}. */
    public long seenNanos(long start, long end) {
        return held.seenNanos(start, end);
    }

    /** Offers what lies beyond a hole, if the kernel lane has read everything before it and something has changed. */
    public void recover(long nowNanos) {
        if (validator.handshake() != null && sight.look(held.position(), nowNanos)) {
            lookElsewhere();
        }
        if (held.position() < held.contiguousEnd()) {
            lookForLost(nowNanos);
        }
        if (!isDue || held.runs() == 0 || held.position() < held.contiguousEnd()) {
            return;
        }
        isDue = false;
        if (options.enabled() && !latches.isOff(nowNanos)) {
            BoundaryGrade now = latches.isProvenOnly(nowNanos) ? BoundaryGrade.PROVEN : lowest;
            recovery.recover(pendingEnd, now, changedFrom);
            changedFrom = Long.MAX_VALUE;
        }
    }

    /** The capture is blind. If the segments only take another way now, which the kernel is content with, so are we. */
    private void lookElsewhere() {
        int interfaceIndex = sight.elsewhere(held.position());
        if (interfaceIndex == 0) {
            listener.onEvent(Event.BLIND, held.position(), held.position());
            return;
        }
        validator.follow(interfaceIndex);
        recovery.forget();
        awake();
        listener.onEvent(Event.FOLLOWED, held.position(), held.position());
    }

    /** When to call {@link #recover} again though nothing comes, or {@link #NOT_DUE}. */
    public long dueNanos() {
        if (held.position() >= held.contiguousEnd()) {
            return NOT_DUE;
        }
        long seen = held.seenNanos(held.position(), held.position() + 1);
        return seen == HeldBytes.NEVER ? NOT_DUE : Math.max(seen, askedNanos) + LOST_NANOS;
    }

    /**
     * The kernel may drop what the capture has seen: a packet filter, memory pressure. Then what seemed to be in order
     * was not copied, and holds up what comes behind it as if nothing were missing.
     */
    private void lookForLost(long nowNanos) {
        long due = dueNanos();
        if (due == NOT_DUE || nowNanos - due < 0) {
            return;
        }
        askedNanos = nowNanos;
        kernel.refresh();
        long missingNanos = nowNanos - held.seenNanos(held.position(), held.position() + 1);
        boolean isMissing = kernel.unreadBytes() == 0;
        if (isMissing && loss.isProven(kernel.outOfOrderSegments(), held.runs() > 0, missingNanos)) {
            counters.kernelLost++;
            loss.holeSeen();
            listener.onEvent(Event.KERNEL_LOST, held.position(), held.contiguousEnd());
            held.reopen();
            recovery.forget();
            isDue = true;
            changedFrom = held.position();
        }
    }

    /**
     * Whether the capture may rest: the lane is active, so that nobody waits for a measurement or the end of an alarm,
     * and holds nothing.
     */
    public boolean canRest(long nowNanos) {
        return state(nowNanos) == LaneState.ACTIVE && !isHolding();
    }

    /** Whether something is held beyond a hole. */
    public boolean isHolding() {
        return held.runs() > 0;
    }

    /** How many segments have come out of order so far, asked of the kernel; {@link KernelView#UNKNOWN} if it does not say. */
    public long outOfOrderSegments() {
        kernel.refresh();
        return kernel.outOfOrderSegments();
    }

    /** The capture rests from now on. */
    public void resting() {
        sight.pause();
    }

    /** The capture has rested, and captures again: what the kernel has in order by now is no hole. */
    public void awake() {
        kernel.refresh();
        held.inOrderTo(held.position() + Math.max(0, kernel.unreadBytes()));
        loss.agree(kernel.outOfOrderSegments());
        sight.restart(held.position());
    }

    /** What the connection has negotiated, or null before it was seen. */
    public @Nullable Handshake handshake() {
        return validator.handshake();
    }

    public LaneState state(long nowNanos) {
        if (validator.handshake() == null) {
            return LaneState.LATE;
        }
        if (validator.isAmbiguous()) {
            return LaneState.AMBIGUOUS;
        }
        if (sight.isBlind()) {
            return LaneState.BLIND;
        }
        if (!options.enabled()) {
            return LaneState.MEASURING;
        }
        if (latches.isOff(nowNanos)) {
            return LaneState.LATCHED_OFF;
        }
        return latches.isProvenOnly(nowNanos) ? LaneState.PROVEN_ONLY : LaneState.ACTIVE;
    }

    @Override
    public void close() {
        recovery.close();
        held.close();
    }
}
