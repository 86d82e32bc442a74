package dev.tunbridge.bridge.replay;

import dev.tunbridge.reassembly.stream.KernelView;
import dev.tunbridge.reassembly.wire.SequenceNumber;
import dev.tunbridge.reassembly.wire.TcpView;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The part of the receiving kernel, played from a capture: takes segments as Linux does ({@code tcp_validate_incoming},
 * {@code tcp_ack}, {@code tcp_data_queue}) and hands the stream over in order, at the moment at which the file has it.
 * What the receiver itself has sent is the evidence of what it had: where it acknowledges bytes that the file lacks,
 * the stream goes on behind them.
 *
 * <p>Offsets count the payload of each direction from 0. For one thread.
 */
final class ModelReceiver implements KernelView {
    /**
     * Until bytes count as missing in the capture: several interfaces or queues in one file may be out of order by so
     * much, and it delays only what follows a loss of the capture itself.
     */
    private static final long EVIDENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    /** The capture may lack some of what was sent, so an acknowledgement a little beyond it is no attack. */
    private static final long UNSENT_SLACK_BYTES = 64 << 10;

    private static final int DOUBTFUL_BYTES = 1 << 20;

    /** {@code TCP_PAWS_WINDOW}: a timestamp may be older by one tick. */
    private static final int PAWS_TICKS = 1;

    /** What takes the stream. */
    interface Application {
        /** The next bytes, valid during the call. */
        void inOrder(ByteBuf buffer, int index, int length);

        /** The receiver has the next bytes, and the file has not. */
        void missing(long bytes);
    }

    private final StreamFacts facts;
    private final Application application;
    private final OutOfOrderQueue queue = new OutOfOrderQueue(OutOfOrderQueue.MOST_BYTES);

    /** Data that a kernel would not take, or that the capture has cut; what the receiver acknowledges of them, it had. */
    private final OutOfOrderQueue doubtful = new OutOfOrderQueue(DOUBTFUL_BYTES);

    private long outOfOrderSegments;

    private final HoleLog holes = new HoleLog();
    private final Map<KernelRefusal, Long> refused = new EnumMap<>(KernelRefusal.class);

    private boolean started;
    private long remoteBase;
    private long delivered;
    private long finished = UNKNOWN;
    private boolean over;

    private boolean localKnown;
    private long localBase;
    private long sent;
    private long acked;
    private long remoteWindow;

    /** Highest offset that this end has acknowledged, and the right edge of its window. */
    private long confirmed;

    private long windowEdge = UNKNOWN;
    private long aheadSinceNanos;

    private boolean recentKnown;
    private int recentTimestamp;
    private ByteBuf synPayload = Unpooled.EMPTY_BUFFER;

    private long deliveredBytes;
    private long missingBytes;
    private long doubtfulBytes;
    private long repeatedBytes;
    private long unseenHoles;
    private long acknowledgements;

    ModelReceiver(StreamFacts facts, Application application) {
        this.facts = facts;
        this.application = application;
        facts.remoteInitial().ifPresent(initial -> start(initial + 1));
        facts.localInitial().ifPresent(this::startLocal);
    }

    private void start(int sequenceNumber) {
        started = true;
        remoteBase = Integer.toUnsignedLong(sequenceNumber);
    }

    private void startLocal(int initial) {
        localKnown = true;
        localBase = Integer.toUnsignedLong(initial + 1);
    }

    /** A segment from the other end. */
    void incoming(OuterSegment segment, long nowNanos) {
        TcpView tcp = segment.tcp();
        if (segment.isCut()) {
            doubt(tcp);
        } else if (facts.sumsCount() && segment.sums() == OuterSegment.Sums.WRONG) {
            refuse(KernelRefusal.CHECKSUM);
            doubt(tcp);
        } else if (over) {
            refuse(KernelRefusal.AFTER_END);
        } else if (tcp.hasFlags(TcpView.SYN)) {
            incomingSyn(tcp);
        } else {
            if (!started) {
                start(tcp.sequenceNumber());
            }
            settle(nowNanos);
            incoming(tcp, nowNanos);
        }
    }

    private void incomingSyn(TcpView tcp) {
        boolean isOurs = facts.remoteInitial().isPresent()
                && facts.remoteInitial().getAsInt() == tcp.sequenceNumber()
                && delivered == 0;
        if (!isOurs) {
            refuse(KernelRefusal.SYN);
            return;
        }
        if (tcp.hasTimestamps()) {
            recentKnown = true;
            recentTimestamp = tcp.timestampValue();
        }
        if (tcp.payloadLength() > 0) { // Fast Open (RFC 7413): taken only if the receiver acknowledges it
            synPayload = Unpooled.copiedBuffer(tcp.buffer().slice(tcp.payloadIndex(), tcp.payloadLength()));
        }
    }

    private void incoming(TcpView tcp, long nowNanos) {
        long start = offset(remoteBase, delivered, tcp.sequenceNumber());
        if (tcp.hasFlags(TcpView.RST)) {
            over = start == delivered;
            refuse(KernelRefusal.RESET);
            return;
        }
        KernelRefusal reason = fault(tcp, start);
        if (reason != null) {
            refuse(reason);
            doubt(tcp);
            return;
        }
        if (tcp.hasTimestamps() && start <= confirmed && isAtLeast(tcp.timestampValue(), 0)) {
            recentKnown = true;
            recentTimestamp = tcp.timestampValue();
        }
        int length = tcp.payloadLength();
        if (length > 0) {
            data(start, tcp.buffer(), tcp.payloadIndex(), length, nowNanos);
        }
        if (tcp.hasFlags(TcpView.FIN)) {
            finished = start + length;
        }
        over |= delivered == finished;
    }

    /** In the order of Linux; also learns what a good acknowledgement tells. */
    private @Nullable KernelRefusal fault(TcpView tcp, long start) {
        if (facts.timestamps() && tcp.hasTimestamps() && !isAtLeast(tcp.timestampValue(), PAWS_TICKS)) {
            return KernelRefusal.OLD_TIMESTAMP;
        }
        if (windowEdge != UNKNOWN && (start > windowEdge || (start == windowEdge && tcp.payloadLength() > 0))) {
            return KernelRefusal.BEYOND_WINDOW;
        }
        if (!tcp.hasFlags(TcpView.ACK)) {
            return KernelRefusal.NO_ACKNOWLEDGEMENT;
        }
        if (!localKnown) {
            return null;
        }
        long acknowledgement = offset(localBase, acked, tcp.acknowledgementNumber());
        if (acknowledgement > sent + UNSENT_SLACK_BYTES) {
            return KernelRefusal.ACKNOWLEDGES_UNSENT;
        }
        if (facts.remoteWindowShift() != StreamFacts.UNKNOWN) {
            remoteWindow = Math.max(remoteWindow, (long) tcp.window() << facts.remoteWindowShift());
            if (acknowledgement < acked - remoteWindow) {
                return KernelRefusal.OLD_ACKNOWLEDGEMENT;
            }
        }
        acked = Math.max(acked, acknowledgement);
        return null;
    }

    private boolean isAtLeast(int timestamp, int ticks) {
        return !recentKnown || SequenceNumber.difference(recentTimestamp, timestamp) <= ticks;
    }

    private void data(long start, ByteBuf buffer, int index, int length, long nowNanos) {
        long end = start + length;
        if (end <= delivered) {
            repeatedBytes += length;
            return;
        }
        repeatedBytes += Math.max(0, delivered - start);
        if (start > delivered && isEvident(nowNanos)) {
            passOver(Math.min(start, confirmed));
            drain();
        }
        if (start > delivered + OutOfOrderQueue.MOST_BYTES) {
            refuse(KernelRefusal.OUT_OF_MEMORY);
            return;
        }
        holes.arrived(Math.max(start, delivered), end, nowNanos);
        if (start > delivered) {
            outOfOrderSegments++;
            queue.add(start, buffer, index, length);
            while (queue.isFull()) { // no window is so large: nobody has acknowledged, since the file has one direction
                // only
                passOver(queue.firstStart());
                drain();
            }
            return;
        }
        queue.compare(start, buffer, index, length);
        int skip = (int) (delivered - start);
        deliver(buffer, index + skip, length - skip);
        drain();
    }

    private void deliver(ByteBuf buffer, int index, int length) {
        delivered += length;
        deliveredBytes += length;
        application.inOrder(buffer, index, length);
    }

    private void drain() {
        for (byte[] next = queue.poll(delivered); next != null; next = queue.poll(delivered)) {
            deliver(Unpooled.wrappedBuffer(next), 0, next.length);
        }
    }

    /** A segment of this end. */
    void outgoing(OuterSegment segment, long nowNanos) {
        TcpView tcp = segment.tcp();
        boolean isSyn = tcp.hasFlags(TcpView.SYN);
        if (!localKnown) {
            startLocal(tcp.sequenceNumber() - 1);
        }
        if (!isSyn && !tcp.hasFlags(TcpView.RST)) {
            sent = Math.max(sent, offset(localBase, sent, tcp.sequenceNumber()) + tcp.payloadLength());
        }
        if (tcp.hasFlags(TcpView.ACK)) {
            if (!started) {
                start(tcp.acknowledgementNumber());
            }
            confirmed(tcp, isSyn, nowNanos);
        }
        over |= tcp.hasFlags(TcpView.RST);
        settle(nowNanos);
    }

    private void confirmed(TcpView tcp, boolean isSyn, long nowNanos) {
        long acknowledgement = offset(remoteBase, delivered, tcp.acknowledgementNumber());
        if (finished != UNKNOWN) {
            acknowledgement = Math.min(acknowledgement, finished); // a FIN counts one
        }
        if (synPayload.isReadable() && delivered == 0 && acknowledgement > 0) {
            int taken = (int) Math.min(acknowledgement, synPayload.readableBytes());
            data(0, synPayload, 0, taken, nowNanos);
        }
        if (acknowledgement > delivered && confirmed <= delivered) {
            aheadSinceNanos = nowNanos;
        }
        confirmed = Math.max(confirmed, acknowledgement);
        int shift = isSyn ? 0 : facts.localWindowShift();
        if (shift != StreamFacts.UNKNOWN) {
            windowEdge = Math.max(windowEdge, acknowledgement + ((long) tcp.window() << shift));
        }
        if (tcp.sackBlocks() > 0) {
            acknowledgements++;
            long right = offset(remoteBase, delivered, tcp.sackRight(0));
            boolean isDuplicate = offset(remoteBase, delivered, tcp.sackLeft(0)) < acknowledgement;
            unseenHoles += !isDuplicate && right <= delivered ? 1 : 0;
        }
    }

    private boolean isEvident(long nowNanos) {
        return confirmed > delivered && nowNanos - aheadSinceNanos >= EVIDENCE_NANOS;
    }

    /** Goes on where the receiver has acknowledged bytes that it did not get in order from this file. */
    private void settle(long nowNanos) {
        while (isEvident(nowNanos)) {
            byte[] taken = doubtful.poll(delivered);
            long next = Math.min(first(queue), first(doubtful));
            if (taken != null) {
                int length = (int) Math.min(taken.length, confirmed - delivered);
                doubtfulBytes += length;
                queue.compare(delivered, Unpooled.wrappedBuffer(taken), 0, length);
                holes.arrived(delivered, delivered + length, nowNanos);
                deliver(Unpooled.wrappedBuffer(taken), 0, length);
            } else if (next <= confirmed) {
                passOver(next);
            } else {
                break;
            }
            drain();
        }
    }

    private static long first(OutOfOrderQueue queue) {
        return queue.isEmpty() ? Long.MAX_VALUE : queue.firstStart();
    }

    private void passOver(long end) {
        missingBytes += end - delivered;
        application.missing(end - delivered);
        delivered = end;
        holes.passedOver(end);
    }

    private void doubt(TcpView tcp) {
        long start = offset(remoteBase, delivered, tcp.sequenceNumber());
        boolean isData = started && tcp.payloadLength() > 0 && (tcp.flags() & (TcpView.SYN | TcpView.RST)) == 0;
        boolean isNear = start + tcp.payloadLength() > delivered && start < delivered + OutOfOrderQueue.MOST_BYTES;
        if (isData && isNear && tcp.hasFlags(TcpView.ACK)) {
            doubtful.add(start, tcp.buffer(), tcp.payloadIndex(), tcp.payloadLength());
            while (doubtful.isFull()) {
                doubtful.poll(doubtful.firstStart());
            }
        }
    }

    /** The file has ended. */
    void end() {
        settle(aheadSinceNanos + EVIDENCE_NANOS);
        if (confirmed > delivered + 1) { // one may be a FIN that the file lacks
            missingBytes += confirmed - delivered;
        }
    }

    /** Hands over what still waits when the file has ended. No application had it; a reader of the file has. */
    void handOverWaiting() {
        while (!queue.isEmpty()) {
            passOver(queue.firstStart());
            drain();
        }
    }

    private void refuse(KernelRefusal reason) {
        refused.merge(reason, 1L, Long::sum);
    }

    private static long offset(long base, long reference, int sequenceNumber) {
        return SequenceNumber.unwrap(base + reference, sequenceNumber) - base;
    }

    /** Whether the stream's first byte is known, from a handshake. */
    boolean knowsBeginning() {
        return facts.remoteInitial().isPresent();
    }

    /** Bytes handed over or passed over. */
    long delivered() {
        return delivered;
    }

    /** Bytes that wait behind a hole. */
    long waitingBytes() {
        return queue.bytes();
    }

    KernelReport report() {
        return new KernelReport(
                deliveredBytes,
                missingBytes,
                doubtfulBytes,
                repeatedBytes,
                queue.differentBytes(),
                Map.copyOf(refused),
                unseenHoles,
                acknowledgements);
    }

    HoleReport holes() {
        return holes.report();
    }

    @Override
    public void refresh() {
        // The last segment of the file is the snapshot.
    }

    @Override
    public long ackedOffset() {
        return facts.localInitial().isPresent() ? acked : UNKNOWN;
    }

    @Override
    public long sentOffset() {
        return facts.localInitial().isPresent() ? sent : UNKNOWN;
    }

    @Override
    public long receiveWindowBytes() {
        return windowEdge == UNKNOWN ? UNKNOWN : Math.max(0, windowEdge - delivered);
    }

    @Override
    public long outOfOrderSegments() {
        return outOfOrderSegments;
    }

    /** The application of a replay reads at once. */
    @Override
    public long unreadBytes() {
        return 0;
    }
}
