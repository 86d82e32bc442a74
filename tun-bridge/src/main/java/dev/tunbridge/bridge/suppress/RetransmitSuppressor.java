package dev.tunbridge.bridge.suppress;

import dev.tunbridge.bridge.flow.Flow;
import dev.tunbridge.bridge.flow.InnerPacket;
import dev.tunbridge.reassembly.wire.SequenceNumber;
import dev.tunbridge.reassembly.wire.TcpProblem;
import dev.tunbridge.reassembly.wire.TcpView;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Judges each TCP segment from the device: is it a copy of what the outer connection still carries? Then nothing would
 * be won by carrying it twice, and on a slow path TCP over TCP melts down by it. Such a copy loses its payload; if what
 * is left tells the peer something new it goes on as a pure acknowledgement, otherwise it goes no further.
 *
 * <p>A range is carried until the kernel's count of acknowledged bytes has passed it and a grace is over, in which the
 * inner acknowledgement would come. It fails open: what cannot be judged passes, what was lost behind the tunnel passes
 * as soon as the peer's acknowledgements show it, after the outer acknowledgement a second copy always passes, and so
 * does a copy that came too often or of what was carried for too long.
 *
 * <p>Ranges are compared, never bytes: copies differ in their timestamps. Fixed memory; in steady state nothing is allocated.
 */
public final class RetransmitSuppressor {
    /** What becomes of a segment. */
    public enum Verdict {
        /** It goes on as it is. */
        PASS,
        /** It goes on changed: it begins at {@link #index()} and is {@link #length()} long. */
        EDITED,
        /** It goes no further. */
        DROP
    }

    /** No range: nothing to tell about its way. */
    public static final long NO_RANGE = 0;

    /** In segments of 1,448 bytes 47 MB under way, in 2 MB of memory. */
    private static final int MOST_RANGES = 32_768;
    /** A sender that doubles its timeout each time has given up by then (net.ipv4.tcp_retries2). */
    private static final int MOST_COPIES = 15;
    /** As long as a dead outer connection lives by default, socket.user-timeout. */
    private static final long MOST_CARRIED_NANOS = TimeUnit.SECONDS.toNanos(60);
    /** More than any window (RFC 7323): not a copy, but another connection of the same ports. */
    private static final int MOST_WINDOW = 1 << 30;

    /** How old an answer of the kernel may be where it tells the time of an acknowledgement. */
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(2);
    /** The same where it decides on a copy; copies come in bursts. */
    private static final long LOOK_FOR_COPY_NANOS = TimeUnit.MICROSECONDS.toNanos(100);

    private final RangePool pool = new RangePool(MOST_RANGES);
    private final OuterAcks acks = new OuterAcks();
    private final AckLag lag = new AckLag();
    private final SegmentEditor editor = new SegmentEditor();
    private final TcpView tcp = new TcpView();
    private @Nullable InnerSender[] senders = new InnerSender[64];
    private @Nullable LongSupplier kernel;
    private long lookedNanos;
    private long range = NO_RANGE;
    private boolean failsOpen;

    private long copies;
    private long copiedBytes;
    private long copiesAsAcks;
    private long trimmed;
    private long trimmedBytes;
    private long passed;
    private long overtaken;
    private long failedOpen;
    private long duplicatesReported;
    private long unrecorded;

    // From the device

    /**
     * Judges one packet from the device. Its buffer may be written to.
     *
     * @param packetIndex where its IP header begins
     */
    public Verdict judge(InnerPacket packet, int packetIndex, Flow flow, long nowNanos) {
        range = NO_RANGE;
        if (kernel == null
                || !packet.isTcp()
                || packet.fragment() != InnerPacket.Fragment.WHOLE
                || tcp.wrap(packet.buffer(), packet.transportIndex(), packet.transportLength()) != TcpProblem.OK) {
            return Verdict.PASS;
        }
        InnerSender sender = sender(flow);
        if (tcp.hasFlags(TcpView.RST)) {
            sender.forget();
            return Verdict.PASS;
        }
        int sequenceLength = tcp.sequenceLength();
        if (sequenceLength == 0) {
            sender.told(tcp);
            return Verdict.PASS;
        }
        if (tcp.hasFlags(TcpView.SYN)) {
            return judgeSyn(sender, nowNanos);
        }
        int start = tcp.sequenceNumber();
        int end = start + sequenceLength;
        if (tcp.hasFlags(TcpView.URG) || tcp.hasOtherOptions()) {
            sender.advance(
                    end); // urgent data moves with its segment, and a signed one (RFC 2385, RFC 5925) cannot be changed
            sender.told(tcp);
            return Verdict.PASS;
        }
        int ahead = sender.hasNext() ? SequenceNumber.difference(start, sender.next()) : 0;
        if (ahead < -MOST_WINDOW || ahead > MOST_WINDOW) {
            sender.forget();
            ahead = 0;
        }
        if (ahead >= 0) {
            look(LOOK_NANOS, nowNanos);
            sender.told(tcp);
            remember(sender.append(start, end, nowNanos));
            return Verdict.PASS;
        }
        return judgeCopy(sender, packet, packetIndex, start, end, nowNanos);
    }

    private Verdict judgeSyn(InnerSender sender, long nowNanos) {
        int start = tcp.sequenceNumber();
        int end = start + tcp.sequenceLength();
        if (!sender.isSameSyn(tcp)) {
            sender.begins(tcp);
            sender.told(tcp);
            remember(sender.append(start, end, nowNanos));
            return Verdict.PASS;
        }
        failsOpen = false;
        look(LOOK_FOR_COPY_NANOS, nowNanos);
        if (!tcp.hasOtherOptions() && carriedFrom(sender, start, end, nowNanos) == end) {
            countCopies(sender, start, end, nowNanos);
            return Verdict.DROP;
        }
        return passAgain(sender, start, end, nowNanos);
    }

    private Verdict judgeCopy(
            InnerSender sender, InnerPacket packet, int packetIndex, int start, int end, long nowNanos) {
        if (end - start == 1 && tcp.payloadLength() == 1) {
            return Verdict.PASS; // a keep-alive or a probe of a closed window (RFC 9293 section 3.8.6.1)
        }
        failsOpen = false;
        look(LOOK_FOR_COPY_NANOS, nowNanos);
        int from = carriedFrom(sender, start, end, nowNanos);
        if (from == end) {
            countCopies(sender, start, end, nowNanos);
            if (!sender.isNews(tcp)) {
                return Verdict.DROP;
            }
            sender.told(tcp);
            copiesAsAcks++;
            editor.strip(packet, tcp, packetIndex, sender.next());
            return Verdict.EDITED;
        }
        int to = from == start ? uncarriedTo(sender, start, end, nowNanos) : end;
        sender.told(tcp);
        // A FIN takes a number behind the payload; a part without payload would be no segment worth trimming for.
        int payloadEnd = start + tcp.payloadLength();
        boolean isPart = (from != start || to != end)
                && SequenceNumber.isBefore(from, payloadEnd)
                && SequenceNumber.isAtOrBefore(to == end ? payloadEnd : to, payloadEnd);
        if (!isPart) {
            return passAgain(sender, start, end, nowNanos);
        }
        suppressed(sender, start, from, nowNanos);
        suppressed(sender, to, end, nowNanos);
        int skipped = from - start;
        int kept = (to == end ? payloadEnd : to) - from;
        trimmed++;
        trimmedBytes += tcp.payloadLength() - kept;
        editor.trim(packet, tcp, packetIndex, skipped, kept);
        remember(sender.replace(from, to, nowNanos));
        return Verdict.EDITED;
    }

    private Verdict passAgain(InnerSender sender, int start, int end, long nowNanos) {
        passed++;
        int first = sender.firstEndingAfter(start);
        if (first != RangePool.NONE && sender.isOvertaken(first)) {
            overtaken++;
        } else if (failsOpen) {
            failedOpen++;
        }
        sender.told(tcp);
        remember(sender.replace(start, end, nowNanos));
        return Verdict.PASS;
    }

    private void remember(int taken) {
        if (taken == RangePool.NONE) {
            unrecorded++;
            range = NO_RANGE;
        } else {
            range = pool.handle(taken);
        }
    }

    /** The first number from the start on that is not carried, at most the end. */
    private int carriedFrom(InnerSender sender, int start, int end, long nowNanos) {
        int covered = start;
        for (int at = sender.firstEndingAfter(start);
                at != RangePool.NONE && covered != end && SequenceNumber.isAtOrBefore(pool.start[at], covered);
                at = sender.after(at)) {
            if (!isCarried(sender, at, nowNanos)) {
                break;
            }
            covered = SequenceNumber.isBefore(pool.end[at], end) ? pool.end[at] : end;
        }
        return covered;
    }

    /** The number behind the last that is not carried: everything from there to the end is. */
    private int uncarriedTo(InnerSender sender, int start, int end, long nowNanos) {
        int to = end;
        boolean isTail = false;
        int expected = start;
        for (int at = sender.firstEndingAfter(start);
                at != RangePool.NONE && SequenceNumber.isBefore(pool.start[at], end);
                at = sender.after(at)) {
            boolean isCarried = isCarried(sender, at, nowNanos);
            if (!isCarried) {
                isTail = false;
            } else if (!isTail || pool.start[at] != expected) {
                isTail = true;
                to = pool.start[at];
            }
            expected = pool.end[at];
        }
        boolean reachesEnd = isTail && SequenceNumber.isAtOrAfter(expected, end);
        return reachesEnd && SequenceNumber.isAfter(to, start) ? to : end;
    }

    private boolean isCarried(InnerSender sender, int at, long nowNanos) {
        if (pool.carriedTo[at] == RangePool.LOST || sender.isOvertaken(at)) {
            return false;
        }
        if (pool.copies[at] >= MOST_COPIES || nowNanos - pool.sentNanos[at] > MOST_CARRIED_NANOS) {
            failsOpen = true;
            return false;
        }
        long carriedTo = pool.carriedTo[at];
        if (carriedTo == RangePool.QUEUED) {
            return true;
        }
        long acked = acks.ackedNanos(carriedTo);
        if (acked == OuterAcks.NOT_ACKED) {
            return true;
        }
        boolean hasCopySince = pool.copies[at] > 0 && mayBeSince(pool.copiedNanos[at], carriedTo, acked);
        return !hasCopySince && nowNanos - acked < lag.graceNanos(acked - pool.sentNanos[at]);
    }

    /** A copy between the last look and the one before it may have come after the acknowledgement already. */
    private boolean mayBeSince(long copiedNanos, long carriedTo, long ackedNanos) {
        return copiedNanos - ackedNanos >= 0 || copiedNanos - acks.unackedNanos(carriedTo) > 0;
    }

    private void countCopies(InnerSender sender, int start, int end, long nowNanos) {
        copies++;
        copiedBytes += end - start;
        suppressed(sender, start, end, nowNanos);
    }

    /** These bytes of a copy do not go on. */
    private void suppressed(InnerSender sender, int start, int end, long nowNanos) {
        if (start == end) {
            return;
        }
        for (int at = sender.firstEndingAfter(start);
                at != RangePool.NONE && SequenceNumber.isBefore(pool.start[at], end);
                at = sender.after(at)) {
            pool.copies[at]++;
            pool.copiedNanos[at] = nowNanos;
        }
        sender.duplicate(start, end);
    }

    /** Where the edited packet begins. */
    public int index() {
        return editor.index();
    }

    public int length() {
        return editor.length();
    }

    /** The handle of the range that the packet judged last carries, or {@link #NO_RANGE}. */
    public long range() {
        return range;
    }

    // On its way

    /** The range has been framed, and its last byte lies before this offset of the outer stream. */
    public void carried(long handle, long outerOffset) {
        int at = pool.of(handle);
        if (at != RangePool.NONE) {
            pool.carriedTo[at] = outerOffset;
        }
    }

    /** The range was dropped before it was framed: a copy of it is welcome. */
    public void dropped(long handle) {
        int at = pool.of(handle);
        if (at != RangePool.NONE) {
            pool.carriedTo[at] = RangePool.LOST;
        }
    }

    /** Whether a copy of the range has been suppressed, so that its sender relies on it. */
    public boolean isCopied(long handle) {
        int at = pool.of(handle);
        return at != RangePool.NONE && pool.copies[at] > 0;
    }

    /**
     * A new outer connection carries what comes from now on.
     *
     * @param acked asks the kernel up to which offset of the outer stream everything is acknowledged
     */
    public void connect(LongSupplier acked) {
        kernel = acked;
    }

    /**
     * Asks the kernel what is acknowledged, if it was not asked just now. When to look may follow from captured
     * acknowledgements, which anybody may have forged; what they say is not believed.
     */
    public void look(long nowNanos) {
        look(LOOK_NANOS, nowNanos);
    }

    private void look(long everyNanos, long nowNanos) {
        LongSupplier asked = kernel;
        if (asked != null && pool.used() > 0 && nowNanos - lookedNanos >= everyNanos) {
            lookedNanos = nowNanos;
            acks.look(asked.getAsLong(), nowNanos);
        }
    }

    /** The outer connection is gone, and all that it had not delivered; inner TCP sends it again. Until the next one everything passes. */
    public void disconnect() {
        kernel = null;
        for (InnerSender sender : senders) {
            if (sender != null) {
                sender.forgetRanges();
            }
        }
        acks.reset();
    }

    // From the tunnel

    /**
     * Hears what a packet that is about to be delivered to the device tells its receiver. Answers the sender that is to
     * be told of bytes that came twice, or null.
     */
    public @Nullable InnerSender heard(InnerPacket packet, Flow flow, long nowNanos) {
        InnerSender sender = known(flow);
        if (sender == null
                || !packet.isTcp()
                || packet.fragment() != InnerPacket.Fragment.WHOLE
                || tcp.wrap(packet.buffer(), packet.transportIndex(), packet.transportLength()) != TcpProblem.OK) {
            return null;
        }
        if (tcp.hasFlags(TcpView.RST)) {
            sender.forget();
            return null;
        }
        if (tcp.hasFlags(TcpView.SYN)) {
            sender.answered(tcp);
        }
        if (!tcp.hasFlags(TcpView.ACK) || !sender.hasNext()) {
            return null;
        }
        int acknowledgement = tcp.acknowledgementNumber();
        int beyond = SequenceNumber.difference(acknowledgement, sender.next());
        if (beyond > 0 || beyond < -MOST_WINDOW) {
            return null; // of bytes that it has not sent
        }
        look(LOOK_NANOS, nowNanos);
        long carriedTo = sender.acknowledged(acknowledgement);
        if (carriedTo != RangePool.LOST) {
            long acked = acks.ackedNanos(carriedTo);
            if (acked != OuterAcks.NOT_ACKED) {
                lag.sample(nowNanos - acked);
            }
        }
        for (int block = 0; block < tcp.sackBlocks(); block++) {
            if (SequenceNumber.isAfter(tcp.sackLeft(block), acknowledgement)
                    && SequenceNumber.isAtOrBefore(tcp.sackRight(block), sender.next())) {
                sender.selectivelyAcknowledged(tcp.sackLeft(block), tcp.sackRight(block));
            }
        }
        return sender.isDuplicateDue(acknowledgement) ? sender : null;
    }

    /** The sender has been told of its duplicate. */
    void reported(InnerSender sender) {
        sender.duplicateReported();
        duplicatesReported++;
    }

    public SuppressionStats stats() {
        return new SuppressionStats(
                pool.used(),
                copies,
                copiedBytes,
                copiesAsAcks,
                trimmed,
                trimmedBytes,
                passed,
                overtaken,
                failedOpen,
                duplicatesReported,
                unrecorded,
                TimeUnit.NANOSECONDS.toMicros(lag.graceNanos()));
    }

    private InnerSender sender(Flow flow) {
        int slot = flow.slot();
        if (slot >= senders.length) {
            senders = Arrays.copyOf(senders, Math.max(slot + 1, senders.length * 2));
        }
        InnerSender sender = senders[slot];
        if (sender == null) {
            sender = new InnerSender(pool);
            senders[slot] = sender;
        }
        if (sender.generation != flow.generation()) {
            sender.forget();
            sender.generation = flow.generation();
        }
        return sender;
    }

    private @Nullable InnerSender known(Flow flow) {
        int slot = flow.slot();
        InnerSender sender = slot < senders.length ? senders[slot] : null;
        return sender != null && sender.generation == flow.generation() ? sender : null;
    }
}
