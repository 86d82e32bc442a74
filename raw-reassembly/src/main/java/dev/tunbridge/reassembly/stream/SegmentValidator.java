package dev.tunbridge.reassembly.stream;

import dev.tunbridge.reassembly.capture.CapturedSegment;
import dev.tunbridge.reassembly.wire.FourTuple;
import dev.tunbridge.reassembly.wire.InternetChecksum;
import dev.tunbridge.reassembly.wire.IpProblem;
import dev.tunbridge.reassembly.wire.IpView;
import dev.tunbridge.reassembly.wire.SequenceNumber;
import dev.tunbridge.reassembly.wire.TcpProblem;
import dev.tunbridge.reassembly.wire.TcpView;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Decides which captured segments may be used, by rules stricter than those of the kernel (RFC 9293 section 3.10.7.4,
 * RFC 7323, RFC 5961), and where their bytes lie in the stream. Without clock or socket; one thread.
 */
public final class SegmentValidator {
    /** How far behind an acknowledgement may lag: segments overtake each other (RFC 5961 section 5.2 allows a window). */
    private static final int ACK_LAG_BYTES = 64 * 1024;
    /** Segments of very different age may arrive together behind a full queue. */
    private static final long CLOCK_SLACK_MILLIS = 2_000;
    /** The SYN's stamp is cut to whole milliseconds, and a busy machine reads two clocks some time apart. */
    private static final long ECHO_SLACK_MILLIS = 50;

    private static final long NOTHING = Long.MAX_VALUE;

    private final FourTuple path;
    private final KernelView kernel;
    private final boolean acceptsUnmarkedChecksums;
    private final ByteBuf addresses;
    private final IpView ip = new IpView();
    private final TcpView tcp = new TcpView();

    private @Nullable Handshake handshake;
    private int interfaceIndex;
    private boolean ambiguous;
    private boolean hasData;
    private final long openedNanos;
    private long windowEnd;

    // Of the last segment that reaches the kernel lane's offset and does not start beyond it.
    private int recentTimestamp;
    private int recentEcho;
    private long recentNanos;
    private long takenEnd;
    private long firstNanos;
    /** By how much the server's clock has moved since the SYN-ACK; it may have gone round. */
    private long ticks;

    // Of the last segment in order whose clock ran too fast to be believed, until the kernel lane has its bytes.
    private long unbelievedEnd = NOTHING;
    private int unbelievedTimestamp;
    private int unbelievedEcho;
    private long unbelievedNanos;

    private long startOffset;
    private boolean isTakenByKernel;

    /**
     * @param acceptsUnmarkedChecksums take an unfinished TCP checksum without the kernel's mark: for capture files only, whose sources
     *     nobody can attack any more and which carry no mark
     * @param openedNanos when the capture began, before our SYN, on the scale of the segments' times
     */
    public SegmentValidator(FourTuple path, KernelView kernel, boolean acceptsUnmarkedChecksums, long openedNanos) {
        this.path = path;
        this.kernel = kernel;
        this.acceptsUnmarkedChecksums = acceptsUnmarkedChecksums;
        this.openedNanos = openedNanos;
        byte[] remote = path.remote().getAddress().getAddress();
        byte[] local = path.local().getAddress().getAddress();
        addresses = Unpooled.wrappedBuffer(remote, local);
    }

    /**
     * Looks at one segment from the server.
     *
     * @param position the kernel lane's offset: everything below has been read from the kernel
     * @param reach how many bytes beyond it may be held
     * @return null if it may be used; then {@link #startOffset}, {@link #payloadIndex} and {@link #payloadLength} tell of its bytes. A
     *     SYN-ACK has none.
     */
    public @Nullable Rejection judge(CapturedSegment segment, long position, int reach) {
        isTakenByKernel = false;
        Rejection form = checkForm(segment);
        if (form != null) {
            return form;
        }
        int flags = tcp.flags();
        if ((flags & TcpView.RST) != 0) {
            return Rejection.RST;
        }
        if ((flags & TcpView.ACK) == 0) {
            return (flags & TcpView.SYN) != 0 ? Rejection.SYN : Rejection.NO_ACK;
        }
        if ((flags & TcpView.SYN) != 0) {
            return learn(segment);
        }
        Handshake shaken = handshake;
        if (shaken == null) {
            return Rejection.NO_HANDSHAKE;
        }
        if (ambiguous) {
            return Rejection.AMBIGUOUS_HANDSHAKE;
        }
        Rejection numbers = checkNumbers(shaken, segment, position, reach);
        Rejection reason = checkKind(segment);
        if (reason == null) {
            reason = numbers;
        }
        if (reason != null) {
            isTakenByKernel = numbers == null || isOnlyOurs(numbers);
            return reason;
        }
        hasData = true;
        // The kernel learns nothing from what it has had before (tcp_sequence in net/ipv4/tcp_input.c): a needless
        // retransmission would
        // make everything look old that left before it.
        boolean isNext = startOffset <= position && startOffset + tcp.payloadLength() >= position;
        if (shaken.hasTimestamps() && isNext) {
            recent(tcp.timestampValue(), tcp.timestampEcho(), segment.timeNanos());
            takenEnd = startOffset + tcp.payloadLength();
        }
        return null;
    }

    /** What the kernel takes, and nothing goes early of. */
    private @Nullable Rejection checkKind(CapturedSegment segment) {
        if (tcp.hasFlags(TcpView.URG)) {
            return Rejection.URG;
        }
        if (tcp.hasFlags(TcpView.FIN)) {
            return Rejection.FIN;
        }
        return interfaceIndex == segment.interfaceIndex() ? null : Rejection.INTERFACE;
    }

    /** Whether the rule is stricter than the kernel's: Linux looks for a timestamp only to compare it with older ones. */
    private static boolean isOnlyOurs(Rejection reason) {
        return switch (reason) {
            case TIMESTAMP_MISSING, TIMESTAMP_FUTURE, TIMESTAMP_ECHO -> true;
            default -> false;
        };
    }

    private @Nullable Rejection checkForm(CapturedSegment segment) {
        if (segment.isTruncated()) {
            return Rejection.TRUNCATED;
        }
        if (ip.wrap(segment.buffer(), segment.index(), segment.length()) != IpProblem.OK) {
            return Rejection.IP_HEADER;
        }
        boolean isVersion4 = ip.version() == 4;
        if (ip.isFragment()) {
            return Rejection.FRAGMENT;
        }
        if (ip.headerLength() != (isVersion4 ? IpView.IPV4_HEADER_BYTES : IpView.IPV6_HEADER_BYTES)) {
            return Rejection.IP_OPTIONS;
        }
        if (isVersion4 && !ip.headerChecksumValid()) {
            return Rejection.IP_CHECKSUM;
        }
        if (ip.protocol() != IpView.PROTOCOL_TCP || !isOurAddresses()) {
            return Rejection.ADDRESS;
        }
        if (tcp.wrap(segment.buffer(), ip.payloadIndex(), ip.payloadLength()) != TcpProblem.OK) {
            return Rejection.TCP_HEADER;
        }
        if (tcp.sourcePort() != path.remote().getPort()
                || tcp.destinationPort() != path.local().getPort()) {
            return Rejection.ADDRESS;
        }
        return isChecksumRight(segment) ? null : Rejection.TCP_CHECKSUM;
    }

    private boolean isOurAddresses() {
        int bytes = ip.addressBytes();
        return bytes == path.addressBytes()
                && ByteBufUtil.equals(ip.buffer(), ip.sourceIndex(), addresses, 0, bytes)
                && ByteBufUtil.equals(ip.buffer(), ip.destinationIndex(), addresses, bytes, bytes);
    }

    private boolean isChecksumRight(CapturedSegment segment) {
        boolean mayBeUnfinished = segment.isChecksumUnfinished() || acceptsUnmarkedChecksums;
        if (mayBeUnfinished && tcp.checksum() == InternetChecksum.fold(ip.pseudoHeaderSum())) {
            return true;
        }
        return !segment.isChecksumUnfinished() && ip.payloadChecksumValid();
    }

    private @Nullable Rejection learn(CapturedSegment segment) {
        if (tcp.payloadLength() > 0) {
            return Rejection.SYN; // data before the connection is established, as TCP fast open has it
        }
        Handshake next = Handshake.of(tcp, segment.interfaceIndex());
        startOffset = 0;
        Handshake before = handshake;
        if (before == null) {
            handshake = next;
            interfaceIndex = next.interfaceIndex();
            firstNanos = segment.timeNanos();
            recentTimestamp = next.timestampValue();
            recent(next.timestampValue(), next.timestampEcho(), segment.timeNanos());
            return null;
        }
        if (before.isSameConnection(next)) {
            return null;
        }
        if (hasData) {
            return Rejection.SYN;
        }
        ambiguous = true;
        return Rejection.AMBIGUOUS_HANDSHAKE;
    }

    private void recent(int timestamp, int echo, long timeNanos) {
        ticks += Integer.toUnsignedLong(SequenceNumber.difference(timestamp, recentTimestamp));
        recentTimestamp = timestamp;
        recentEcho = echo;
        recentNanos = timeNanos;
    }

    private @Nullable Rejection checkNumbers(Handshake shaken, CapturedSegment segment, long position, int reach) {
        startOffset = SequenceNumber.unwrap(position + shaken.initialSequenceNumber() + 1L, tcp.sequenceNumber())
                - shaken.initialSequenceNumber()
                - 1L;
        long end = startOffset + tcp.payloadLength();
        boolean isRefreshed = false;
        if (end > Math.min(windowEnd, position + reach)) {
            refresh(position);
            isRefreshed = true;
            if (end > Math.min(windowEnd, position + reach)) {
                return Rejection.WINDOW;
            }
        }
        if (tcp.payloadLength() > 0 ? end <= position - ACK_LAG_BYTES : startOffset < position - ACK_LAG_BYTES) {
            return Rejection.WINDOW;
        }
        Rejection ack = checkAcknowledgement(shaken, isRefreshed, position);
        return ack != null || !shaken.hasTimestamps() ? ack : checkTimestamps(shaken, segment.timeNanos(), position);
    }

    private void refresh(long position) {
        kernel.refresh();
        long window = kernel.receiveWindowBytes();
        windowEnd =
                window == KernelView.UNKNOWN ? Long.MAX_VALUE : position + Math.max(0, kernel.unreadBytes()) + window;
    }

    private @Nullable Rejection checkAcknowledgement(Handshake shaken, boolean isRefreshed, long position) {
        Rejection reason = compareAcknowledgement(shaken);
        if (reason == Rejection.ACK_NOT_SENT && !isRefreshed) {
            refresh(position); // we have sent more since the last look
            reason = compareAcknowledgement(shaken);
        }
        return reason;
    }

    private @Nullable Rejection compareAcknowledgement(Handshake shaken) {
        long acked = Math.max(0, kernel.ackedOffset());
        long sent = kernel.sentOffset();
        long offset = SequenceNumber.unwrap(acked + shaken.acknowledgementNumber(), tcp.acknowledgementNumber())
                - shaken.acknowledgementNumber();
        if (sent != KernelView.UNKNOWN && offset > sent) {
            return Rejection.ACK_NOT_SENT;
        }
        return offset < Math.max(0, acked - ACK_LAG_BYTES) ? Rejection.ACK_ANCIENT : null;
    }

    private @Nullable Rejection checkTimestamps(Handshake shaken, long nowNanos, long position) {
        if (!tcp.hasTimestamps()) {
            return Rejection.TIMESTAMP_MISSING;
        }
        believe(position);
        int ahead = SequenceNumber.difference(tcp.timestampValue(), recentTimestamp);
        if (ahead < 0) {
            return Rejection.TIMESTAMP_OLD;
        }
        long sinceSynMillis = TimeUnit.NANOSECONDS.toMillis(nowNanos - openedNanos) + ECHO_SLACK_MILLIS;
        int echo = tcp.timestampEcho();
        boolean isOfPast = SequenceNumber.isAtOrAfter(echo, recentEcho);
        boolean isReached = SequenceNumber.difference(echo, shaken.timestampEcho()) <= sinceSynMillis;
        if (!isOfPast || !isReached) {
            return Rejection.TIMESTAMP_ECHO;
        }
        long elapsedMillis = TimeUnit.NANOSECONDS.toMillis(Math.max(0, nowNanos - recentNanos));
        if (ahead > (elapsedMillis + CLOCK_SLACK_MILLIS) * ticksPerMilli()) {
            doubt(nowNanos, position);
            return Rejection.TIMESTAMP_FUTURE;
        }
        return null;
    }

    /**
     * A clock ticks once a millisecond at most (RFC 7323 section 5.4), but Linux has one of microseconds (the route's feature
     * tcp_usec_ts, 6.7). Such a clock is believed where the kernel lane has the bytes that came with it.
     */
    private void doubt(long nowNanos, long position) {
        long end = startOffset + tcp.payloadLength();
        if (startOffset <= position && end > Math.max(position, takenEnd)) {
            unbelievedEnd = end;
            unbelievedTimestamp = tcp.timestampValue();
            unbelievedEcho = tcp.timestampEcho();
            unbelievedNanos = nowNanos;
        }
    }

    private void believe(long position) {
        if (position >= unbelievedEnd) {
            unbelievedEnd = NOTHING;
            if (SequenceNumber.isAfter(unbelievedTimestamp, recentTimestamp)) {
                recent(unbelievedTimestamp, unbelievedEcho, unbelievedNanos);
            }
        }
    }

    private long ticksPerMilli() {
        long millis = TimeUnit.NANOSECONDS.toMillis(recentNanos - firstNanos);
        return millis < CLOCK_SLACK_MILLIS ? 1 : Math.max(1, ticks / millis);
    }

    /** The stream offset of the first payload byte of the segment last accepted; may lie below the kernel lane's offset. */
    public long startOffset() {
        return startOffset;
    }

    /** Where the payload of the segment last accepted starts in its buffer. */
    public int payloadIndex() {
        return tcp.payloadIndex();
    }

    /** 0 for a SYN-ACK and a pure acknowledgement. */
    public int payloadLength() {
        return tcp.payloadLength();
    }

    /**
     * Whether the kernel probably takes the segment that was rejected last: then what comes for its place may differ
     * from what the kernel has. {@link #startOffset}, {@link #payloadIndex} and {@link #payloadLength} tell of its
     * bytes.
     */
    public boolean isTakenByKernel() {
        return isTakenByKernel;
    }

    /** Segments are to come in by this interface from now on: it is known to be the one from which the kernel takes them. */
    public void follow(int interfaceIndex) {
        this.interfaceIndex = interfaceIndex;
    }

    /** What the connection has negotiated, once the SYN-ACK was seen. */
    public @Nullable Handshake handshake() {
        return handshake;
    }

    /** Whether two different SYN-ACKs came. */
    public boolean isAmbiguous() {
        return ambiguous;
    }
}
