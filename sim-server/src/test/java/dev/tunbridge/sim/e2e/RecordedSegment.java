package dev.tunbridge.sim.e2e;

import dev.tunbridge.reassembly.capture.CapturedSegment;
import dev.tunbridge.reassembly.wire.InternetChecksum;
import dev.tunbridge.reassembly.wire.IpProblem;
import dev.tunbridge.reassembly.wire.IpView;
import dev.tunbridge.reassembly.wire.SequenceNumber;
import dev.tunbridge.reassembly.wire.TcpProblem;
import dev.tunbridge.reassembly.wire.TcpView;
import io.netty.buffer.ByteBufUtil;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * One TCP segment as it crossed a TUN device.
 *
 * @param timeNanos on the scale of {@link System#nanoTime}, as the kernel stamped it
 * @param options of TCP, as hexadecimal digits; with timestamps no two segments of one sender look alike
 * @param packet all of it, from its IP header on
 * @param isSound whether its TCP checksum is right
 */
record RecordedSegment(
        long timeNanos,
        int sourcePort,
        int destinationPort,
        int sequenceNumber,
        int acknowledgementNumber,
        int flags,
        int window,
        int urgentPointer,
        String options,
        int sackBlocks,
        boolean hasOtherOptions,
        ByteBuffer payload,
        ByteBuffer packet,
        boolean isSound) {

    /** Nothing where it is no whole TCP segment. */
    static Optional<RecordedSegment> of(CapturedSegment captured) {
        IpView ip = new IpView();
        TcpView tcp = new TcpView();
        if (captured.isTruncated()
                || ip.wrap(captured.buffer(), captured.index(), captured.length()) != IpProblem.OK
                || ip.isFragment()
                || ip.protocol() != IpView.PROTOCOL_TCP
                || tcp.wrap(ip.buffer(), ip.payloadIndex(), ip.payloadLength()) != TcpProblem.OK) {
            return Optional.empty();
        }
        long sum = InternetChecksum.pseudoHeader(
                        ip.buffer(),
                        ip.sourceIndex(),
                        ip.destinationIndex(),
                        ip.addressBytes(),
                        IpView.PROTOCOL_TCP,
                        ip.payloadLength())
                + InternetChecksum.sum(ip.buffer(), ip.payloadIndex(), ip.payloadLength());
        int optionBytes = tcp.dataOffset() - TcpView.HEADER_BYTES;
        return Optional.of(new RecordedSegment(
                captured.timeNanos(),
                tcp.sourcePort(),
                tcp.destinationPort(),
                tcp.sequenceNumber(),
                tcp.acknowledgementNumber(),
                tcp.flags(),
                tcp.window(),
                tcp.buffer().getUnsignedShort(tcp.index() + TcpView.URGENT_AT),
                ByteBufUtil.hexDump(tcp.buffer(), tcp.index() + TcpView.HEADER_BYTES, optionBytes),
                tcp.sackBlocks(),
                tcp.hasOtherOptions(),
                copy(captured, tcp.payloadIndex(), tcp.payloadLength()),
                copy(captured, captured.index(), captured.length()),
                InternetChecksum.isValid(sum)));
    }

    private static ByteBuffer copy(CapturedSegment captured, int index, int length) {
        return ByteBuffer.wrap(ByteBufUtil.getBytes(captured.buffer(), index, length))
                .asReadOnlyBuffer();
    }

    boolean hasFlags(int mask) {
        return (flags & mask) == mask;
    }

    int payloadLength() {
        return payload.remaining();
    }

    /** SYN and FIN count one each. */
    int sequenceLength() {
        return payloadLength() + (hasFlags(TcpView.SYN) ? 1 : 0) + (hasFlags(TcpView.FIN) ? 1 : 0);
    }

    /** The number behind it. */
    int end() {
        return SequenceNumber.add(sequenceNumber, sequenceLength());
    }

    /** Nothing but an acknowledgement, whatever it acknowledges. */
    boolean isPureAcknowledgement() {
        return sequenceLength() == 0 && hasFlags(TcpView.ACK) && !hasFlags(TcpView.RST);
    }

    boolean isAfter(RecordedSegment other) {
        return timeNanos - other.timeNanos > 0;
    }

    /** Whether it is the other one at another place: all that TCP says is the same. */
    boolean isSameAs(RecordedSegment other) {
        return sequenceNumber == other.sequenceNumber
                && flags == other.flags
                && urgentPointer == other.urgentPointer
                && payload.equals(other.payload)
                && tellsTheSameAs(other);
    }

    /** Whether it tells the peer the same besides its payload. */
    boolean tellsTheSameAs(RecordedSegment other) {
        return sourcePort == other.sourcePort
                && destinationPort == other.destinationPort
                && acknowledgementNumber == other.acknowledgementNumber
                && window == other.window
                && options.equals(other.options);
    }

    @Override
    public String toString() {
        StringBuilder letters = new StringBuilder();
        for (int bit = 0; bit < 8; bit++) {
            if ((flags & (1 << bit)) != 0) {
                letters.append("FSRPAUEC".charAt(bit));
            }
        }
        return "%d ms %d>%d %s seq %08x len %d ack %08x win %d%s%n"
                .formatted(
                        timeNanos / 1_000_000,
                        sourcePort,
                        destinationPort,
                        letters,
                        sequenceNumber,
                        payloadLength(),
                        acknowledgementNumber,
                        window,
                        options.isEmpty() ? "" : " opt " + options);
    }
}
