package dev.tunbridge.bridge.receive;

import dev.tunbridge.protocol.frame.BoundaryGrade;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.frame.FrameProbe;
import dev.tunbridge.protocol.frame.FrameView;
import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.protocol.message.MalformedMessageException;
import dev.tunbridge.protocol.message.Message;
import dev.tunbridge.protocol.message.MessageCodec;
import dev.tunbridge.protocol.message.MessageHandler;
import dev.tunbridge.protocol.session.Prelude;
import dev.tunbridge.reassembly.capture.CapturedSegment;
import dev.tunbridge.reassembly.capture.SegmentHandler;
import dev.tunbridge.reassembly.recovery.ContentEvidence;
import dev.tunbridge.reassembly.recovery.EarlyHandler;
import dev.tunbridge.reassembly.recovery.LaneState;
import dev.tunbridge.reassembly.recovery.Latches;
import dev.tunbridge.reassembly.recovery.RawLane;
import dev.tunbridge.reassembly.recovery.RecoveryListener;
import dev.tunbridge.reassembly.recovery.RecoveryOptions;
import dev.tunbridge.reassembly.stream.Handshake;
import dev.tunbridge.reassembly.stream.HeldBytes;
import dev.tunbridge.reassembly.stream.KernelView;
import dev.tunbridge.reassembly.stream.Rejection;
import dev.tunbridge.reassembly.wire.FourTuple;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The receive side of one outer connection: the kernel lane, and the raw lane if there is a capture. Without sockets,
 * threads or clock; one thread. In each turn: {@link #onSegment} and {@link #received} as things come, then {@link
 * #settle}.
 */
public final class ReceivePath implements SegmentHandler, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ReceivePath.class);

    /** Nothing to do until something comes. */
    public static final long NOT_DUE = RawLane.NOT_DUE;

    private final FrameFormat format;
    private final MessageCodec codec;
    private final Downlink downlink;
    private final MessageHandler messages;
    private final ReceiveCounters counters;
    private final DeliveryObserver observer;
    private final Prelude prelude;
    private final KernelLane kernelLane;
    private final EarlyDelivery earlyDelivery;
    private final FrameProbe probe;
    private final LogOncePerMinute malformedLog = new LogOncePerMinute();
    private final Map<RecoveryListener.Event, LogOncePerMinute> alarmLogs = new EnumMap<>(RecoveryListener.Event.class);
    private @Nullable RawLane rawLane;
    private @Nullable CaptureRest rest;
    private LongSupplier sentBytes = () -> 0;
    private long nowNanos;
    private boolean isTraffic;
    private boolean isStopped;

    /**
     * The kernel lane alone.
     *
     * @param prelude what the stream begins with
     * @param messages takes what the kernel lane brings; it hands packets on to the downlink
     * @param observer sees each frame delivered; {@link DeliveryObserver#NONE} in production
     */
    public ReceivePath(
            FrameFormat format,
            MessageCodec codec,
            Prelude prelude,
            Downlink downlink,
            MessageHandler messages,
            ReceiveCounters counters,
            DeliveryObserver observer) {
        this.format = format;
        this.codec = codec;
        this.prelude = prelude;
        this.downlink = downlink;
        this.messages = new TrafficMark(messages);
        this.counters = counters;
        this.observer = observer;
        kernelLane = new KernelLane(format, new FromKernel(), counters);
        earlyDelivery = new EarlyDelivery(codec, downlink);
        probe = new FrameProbe(format);
    }

    /**
     * Adds the raw lane, before the first byte is received.
     *
     * @param openedNanos when the capture began, before the connection did
     */
    public void addRawLane(
            FourTuple path,
            RecoveryOptions options,
            KernelView kernel,
            Latches latches,
            ByteBufAllocator allocator,
            long openedNanos) {
        rawLane = new RawLane(
                format,
                path,
                options,
                kernel,
                latches,
                codec.carriages().contains(Carriage.PACKET) ? new InnerEvidence(codec) : ContentEvidence.NONE,
                new FromRawLane(),
                counters.recovery,
                new Alarms(),
                allocator,
                openedNanos);
    }

    /** A captured segment of the connection. Does nothing without a raw lane. */
    @Override
    public void onSegment(CapturedSegment segment) {
        RawLane raw = rawLane;
        if (raw != null) {
            raw.onSegment(segment);
        }
    }

    /**
     * Bytes that the kernel has delivered, in order. Consumes whole frames; what stays readable is the beginning of the
     * next and belongs in front of what follows. Packets point into these bytes until {@link #settle}.
     *
     * @throws dev.tunbridge.protocol.frame.LostSynchronisationException if the stream cannot be followed any more
     * @throws dev.tunbridge.protocol.session.PreludeException if it never could
     */
    public void received(ByteBuf bytes, long nowNanos) {
        this.nowNanos = nowNanos;
        isStopped = false;
        if (!prelude.isOver()) {
            kernelLane.passed(prelude.read(bytes, messages), bytes);
        }
        boolean isBehindPrelude = prelude.isOver();
        if (isBehindPrelude && !isStopped) {
            kernelLane.received(bytes);
        }
        RawLane raw = rawLane;
        if (raw != null) {
            long position = kernelLane.position();
            // Where a frame begins is known only behind the prelude, and nothing goes early before.
            raw.kernelAt(
                    position,
                    isBehindPrelude ? position - bytes.readableBytes() : position,
                    isBehindPrelude ? pendingEnd(bytes) : 0);
        }
    }

    /** From within a message of the kernel lane: what follows stays readable until {@link #received} is called with it again. */
    public void stop() {
        isStopped = true;
        kernelLane.stop();
    }

    private long pendingEnd(ByteBuf bytes) {
        long start = kernelLane.pendingStart();
        if (start < 0 || !bytes.isReadable()) {
            return 0;
        }
        int claimed = probe.claimedBytes(bytes, bytes.readerIndex(), bytes.writerIndex());
        return claimed == 0 ? 0 : start + claimed;
    }

    /** Ends a turn: delivers what can go early, and hands everything to the device. */
    public void settle(long nowNanos) {
        this.nowNanos = nowNanos;
        RawLane raw = rawLane;
        if (raw != null && prelude.isOver()) {
            raw.recover(nowNanos);
        }
        downlink.flush();
        codec.settled();
    }

    /** When to {@link #settle} again though nothing comes, or {@link #NOT_DUE}. */
    public long dueNanos() {
        RawLane raw = rawLane;
        return raw == null || !prelude.isOver() ? NOT_DUE : raw.dueNanos();
    }

    /**
     * Lets the capture rest where it wins nothing; without this call it never does.
     *
     * @param sentBytes answers how many bytes have gone the other way
     */
    public void allowRest(LongSupplier sentBytes, long nowNanos) {
        this.sentBytes = sentBytes;
        rest = new CaptureRest(nowNanos);
    }

    /** The capture cannot rest after all. */
    public void forbidRest() {
        rest = null;
    }

    /**
     * Whether the capture should rest from now on. For each turn. Then: ask for {@link #outOfOrderSegments}, let it
     * rest, hand over what it had still captured, and call {@link #rested}.
     */
    public boolean mayRest(long nowNanos) {
        RawLane raw = rawLane;
        return raw != null
                && rest != null
                && !rest.isResting()
                && rest.mayRest(kernelLane.position(), sentBytes.getAsLong(), raw::outOfOrderSegments, nowNanos)
                && raw.canRest(nowNanos);
    }

    /** How many segments have come out of order so far, asked of the kernel. */
    public long outOfOrderSegments() {
        RawLane raw = rawLane;
        return raw == null ? KernelView.UNKNOWN : raw.outOfOrderSegments();
    }

    /** The capture rests, since the kernel has counted so many segments out of order, or a little later. */
    public void rested(long outOfOrderSegments) {
        RawLane raw = rawLane;
        if (rest != null && raw != null) {
            raw.resting();
            rest.begin(kernelLane.position(), outOfOrderSegments);
            counters.rests++;
        }
    }

    /** Whether a capture that rests must capture again. Wants to be asked often. */
    public boolean mustWake(long nowNanos) {
        RawLane raw = rawLane;
        return raw != null
                && rest != null
                && rest.isResting()
                && (raw.isHolding()
                        || rest.mustWake(
                                kernelLane.position(), sentBytes.getAsLong(), raw::outOfOrderSegments, nowNanos));
    }

    /** The capture captures again, and nothing of it has been drained yet. */
    public void awake(long nowNanos) {
        RawLane raw = rawLane;
        if (raw != null && rest != null) {
            rest.end(nowNanos);
            raw.awake();
        }
    }

    /** Where the raw lane stands. */
    public LaneState state(long nowNanos) {
        RawLane raw = rawLane;
        LaneState state = raw == null ? LaneState.OFF : raw.state(nowNanos);
        return state == LaneState.ACTIVE && rest != null && rest.isResting() ? LaneState.RESTING : state;
    }

    /** What the connection has negotiated, if a capture saw it. */
    public @Nullable Handshake handshake() {
        RawLane raw = rawLane;
        return raw == null ? null : raw.handshake();
    }

    /** The stream offset behind the last byte that the kernel lane has read. */
    public long position() {
        return kernelLane.position();
    }

    /** The stream offset behind all that captured segments have spoken of; 0 without a capture. */
    public long furthestOffset() {
        RawLane raw = rawLane;
        return raw == null ? 0 : raw.furthestOffset();
    }

    /** Frees memory, and with it the contents of frames that were read. */
    @Override
    public void close() {
        kernelLane.release();
        codec.close();
        probe.close();
        if (rawLane != null) {
            rawLane.close();
            rawLane = null;
        }
    }

    private final class FromKernel implements KernelLane.Output {
        @Override
        public void onFrame(FrameView frame) {
            RawLane raw = rest != null && rest.isResting() ? null : rawLane; // then it knows nothing of any frame
            if (raw != null && raw.isDelivered(frame, nowNanos)) {
                earlyDelivery.swallowed(frame, nowNanos);
                observer.onSwallowed(frame, nowNanos);
                return;
            }
            isTraffic = false;
            try {
                codec.read(frame, messages);
            } catch (MalformedMessageException e) {
                counters.malformedMessages++;
                if (malformedLog.permits(System.nanoTime())) {
                    LOG.warn("malformed message at stream offset {}: {}", frame.startOffset(), e.getMessage());
                }
                messages.onMalformed(e);
                return;
            }
            long whole = raw == null ? HeldBytes.NEVER : raw.seenNanos(frame.startOffset(), frame.endOffset());
            if (isTraffic) {
                measure(whole);
            }
            observer.onFrame(DeliveryObserver.Lane.KERNEL, BoundaryGrade.PROVEN, frame, whole, nowNanos);
        }

        @Override
        public void onBadFrame() {
            RawLane raw = rawLane;
            if (raw != null) {
                raw.badFrame();
            }
        }
    }

    private void measure(long wholeNanos) {
        if (wholeNanos != HeldBytes.NEVER) {
            counters.waits.record(nowNanos - wholeNanos);
        }
    }

    private final class FromRawLane implements EarlyHandler {
        @Override
        public long onEarlyFrame(FrameView frame, BoundaryGrade grade) {
            long answer = earlyDelivery.deliver(frame, grade, nowNanos);
            if (answer == DELIVERED) {
                RawLane raw = rawLane;
                long whole = raw == null ? HeldBytes.NEVER : raw.seenNanos(frame.startOffset(), frame.endOffset());
                measure(whole);
                observer.onFrame(DeliveryObserver.Lane.EARLY, grade, frame, whole, nowNanos);
                if (format.isRewritten() || codec.isRewriting()) {
                    downlink.flush(); // the unescaped frame makes room for the next
                }
            }
            return answer;
        }

        @Override
        public boolean isRipe(long ticket) {
            return downlink.isRipe(ticket, nowNanos);
        }

        @Override
        public int flow() {
            return downlink.earlyFlow();
        }
    }

    /** Counts and says what is more than loss. */
    private final class Alarms implements RecoveryListener {
        @Override
        public void onEvent(Event event, long fromOffset, long toOffset) {
            observer.onEvent(event, fromOffset, toOffset);
            String alarm = switch (event) {
                case CONFLICT -> "two segments brought different bytes for the same place; nothing there goes early";
                case MISMATCHED_BYTES ->
                    "a frame that went early had other bytes than the kernel's: nothing goes early for ten minutes";
                case MISMATCHED_BOUNDARIES ->
                    "a frame that went early had other boundaries than the kernel's: only proven boundaries count for"
                            + " ten minutes";
                case CONTRADICTION ->
                    "the stream contradicts its own frame boundaries; none is proven on this connection any more";
                case OVER_CAP -> "more than allowed had to be held behind a hole; it was forgotten";
                case KERNEL_LOST -> "the kernel has dropped segments that the capture had seen";
                case BLIND ->
                    "the capture does not see what the kernel receives, so no packet goes past a hole until it does";
                case FOLLOWED ->
                    "the segments come in by another interface than before; the capture takes them from there now";
                case HOLE_OPENED, HOLE_CLOSED -> "";
            };
            if (alarm.isEmpty()) {
                return;
            }
            // Each its own: the conflict that comes before a mismatch must not silence it.
            LogOncePerMinute log = alarmLogs.computeIfAbsent(event, first -> new LogOncePerMinute());
            if (log.permits(System.nanoTime())) {
                LOG.warn("raw lane: {} (stream offsets {} to {})", alarm, fromOffset, toOffset);
            }
        }

        @Override
        public void onRejected(Rejection reason) {
            observer.onRejected(reason);
        }
    }

    /** Passes everything on, and remembers whether it was a packet. */
    private final class TrafficMark implements MessageHandler {
        private final MessageHandler target;

        TrafficMark(MessageHandler target) {
            this.target = target;
        }

        @Override
        public void onMessage(Message message) {
            target.onMessage(message);
        }

        @Override
        public void onPacket(ByteBuf buffer, int index, int length) {
            isTraffic = true;
            target.onPacket(buffer, index, length);
        }

        @Override
        public void onSegment(
                int ipProtocol,
                ByteBuf buffer,
                int clientAddressIndex,
                int deviceAddressIndex,
                int addressBytes,
                int segmentIndex,
                int segmentLength) {
            isTraffic = true;
            target.onSegment(
                    ipProtocol,
                    buffer,
                    clientAddressIndex,
                    deviceAddressIndex,
                    addressBytes,
                    segmentIndex,
                    segmentLength);
        }

        @Override
        public void onData(int channel, ByteBuf buffer, int index, int length) {
            isTraffic = true;
            target.onData(channel, buffer, index, length);
        }

        @Override
        public void onUnknownType(int type) {
            target.onUnknownType(type);
        }

        @Override
        public void onMalformed(MalformedMessageException fault) {
            target.onMalformed(fault);
        }
    }
}
