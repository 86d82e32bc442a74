package dev.tunbridge.sim.rawlane;

import dev.tunbridge.reassembly.wire.InternetChecksum;
import dev.tunbridge.reassembly.wire.IpView;
import dev.tunbridge.reassembly.wire.Ipv4Header;
import dev.tunbridge.reassembly.wire.TcpView;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetSocketAddress;

/** One TCP segment in an IPv4 packet. {@link RawServer} makes it right; a test then makes some field wrong. */
final class CraftedSegment {
    private static final int HOP_LIMIT = 64;

    /** Two no-ops, kind 8, ten bytes; RFC 7323 appendix A. */
    private static final int TIMESTAMPS = 0x0101080a;

    /** Added to a checksum it is never the same again, in ones' complement either. */
    private static final int CHECKSUM_ERROR = 0x0101;

    private final InetSocketAddress destination;
    private final byte[] payload;
    private InetSocketAddress source;
    private int sequenceNumber;
    private int acknowledgementNumber;
    private int flags = TcpView.ACK;
    private byte[] options = new byte[0];
    private int ipChecksumError;
    private int tcpChecksumError;

    CraftedSegment(
            InetSocketAddress source,
            InetSocketAddress destination,
            int sequenceNumber,
            int acknowledgementNumber,
            byte[] payload) {
        this.source = source;
        this.destination = destination;
        this.sequenceNumber = sequenceNumber;
        this.acknowledgementNumber = acknowledgementNumber;
        this.payload = payload;
    }

    CraftedSegment from(InetSocketAddress other) {
        source = other;
        return this;
    }

    CraftedSegment moveSequenceNumber(int by) {
        sequenceNumber += by;
        return this;
    }

    CraftedSegment moveAcknowledgementNumber(int by) {
        acknowledgementNumber += by;
        return this;
    }

    CraftedSegment flags(int flags) {
        this.flags = flags;
        return this;
    }

    /** @param options of TCP, a multiple of four bytes */
    CraftedSegment options(byte[] options) {
        this.options = options;
        return this;
    }

    CraftedSegment timestamps(int value, int echo) {
        return options(Unpooled.buffer(12, 12)
                .writeInt(TIMESTAMPS)
                .writeInt(value)
                .writeInt(echo)
                .array());
    }

    CraftedSegment moveTimestamps(int valueBy, int echoBy) {
        ByteBuf present = Unpooled.wrappedBuffer(options);
        return timestamps(present.getInt(4) + valueBy, present.getInt(8) + echoBy);
    }

    CraftedSegment breakIpChecksum() {
        ipChecksumError = CHECKSUM_ERROR;
        return this;
    }

    CraftedSegment breakTcpChecksum() {
        tcpChecksumError = CHECKSUM_ERROR;
        return this;
    }

    /** The whole packet. */
    ByteBuf toPacket() {
        int headerBytes = TcpView.HEADER_BYTES + options.length;
        int tcpBytes = headerBytes + payload.length;
        ByteBuf addresses = Unpooled.wrappedBuffer(
                source.getAddress().getAddress(), destination.getAddress().getAddress());
        ByteBuf packet = Unpooled.buffer(Ipv4Header.BYTES + tcpBytes);
        packet.writeZero(Ipv4Header.BYTES);
        Ipv4Header.write(packet, 0, 0, tcpBytes, IpView.PROTOCOL_TCP, HOP_LIMIT, addresses, 0, 4);
        packet.writeShort(source.getPort()).writeShort(destination.getPort());
        packet.writeInt(sequenceNumber).writeInt(acknowledgementNumber);
        packet.writeByte((headerBytes / 4) << 4).writeByte(flags);
        packet.writeShort(0xffff).writeShort(0).writeShort(0); // window, checksum, urgent pointer
        packet.writeBytes(options).writeBytes(payload);
        long sum = InternetChecksum.pseudoHeader(addresses, 0, 4, 4, IpView.PROTOCOL_TCP, tcpBytes)
                + InternetChecksum.sum(packet, Ipv4Header.BYTES, tcpBytes);
        packet.setShort(Ipv4Header.BYTES + TcpView.CHECKSUM_AT, InternetChecksum.complete(sum) + tcpChecksumError);
        packet.setShort(IpView.V4_CHECKSUM_AT, packet.getUnsignedShort(IpView.V4_CHECKSUM_AT) + ipChecksumError);
        return packet;
    }
}
