package dev.tunbridge.sim.wire;

import dev.tunbridge.reassembly.capture.CapturedSegment;
import dev.tunbridge.reassembly.wire.InternetChecksum;
import dev.tunbridge.reassembly.wire.IpView;
import dev.tunbridge.reassembly.wire.Ipv4Header;
import dev.tunbridge.reassembly.wire.TcpView;
import dev.tunbridge.reassembly.wire.UdpView;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/** Captured packets for tests, with every checksum right. */
final class Packets {
    static final int SERVER_PORT = 7000;
    static final int DEVICE_PORT = 40_000;

    private Packets() {}

    /** From the server to the device. */
    static CapturedSegment tcp(
            int sourcePort, int destinationPort, int sequenceNumber, ByteBuf payload, long timeNanos) {
        ByteBuf segment = Unpooled.buffer();
        segment.writeShort(sourcePort)
                .writeShort(destinationPort)
                .writeInt(sequenceNumber)
                .writeInt(1);
        segment.writeByte(5 << 4)
                .writeByte(TcpView.ACK)
                .writeShort(1000)
                .writeInt(0)
                .writeBytes(payload.slice());
        return captured(IpView.PROTOCOL_TCP, segment, TcpView.CHECKSUM_AT, timeNanos);
    }

    /** From a device, with flags of one's own; no checksum, as of a packet that never left its host. */
    static CapturedSegment tcp6(int lastOfSource, int port, int sequenceNumber, int flags, int payloadBytes) {
        int segmentBytes = TcpView.HEADER_BYTES + payloadBytes;
        ByteBuf packet = Unpooled.buffer().writeInt(6 << 28);
        packet.writeShort(segmentBytes).writeByte(IpView.PROTOCOL_TCP).writeByte(64);
        packet.writeLong(0x2001_0002_0000_0000L).writeLong(lastOfSource);
        packet.writeLong(0x2001_0002_0000_0000L).writeLong(0xff);
        writeSegment(packet, port, sequenceNumber, flags, payloadBytes);
        return whole(packet);
    }

    /** The same over IPv4. */
    static CapturedSegment tcp4(int lastOfSource, int port, int sequenceNumber, int flags, int payloadBytes) {
        ByteBuf addresses =
                Unpooled.buffer().writeInt(0xc6130000 + lastOfSource).writeInt(0xc61300ff);
        int segmentBytes = TcpView.HEADER_BYTES + payloadBytes;
        ByteBuf packet = Unpooled.buffer().writeZero(Ipv4Header.BYTES);
        Ipv4Header.write(packet, 0, 0, segmentBytes, IpView.PROTOCOL_TCP, 64, addresses, 0, 4);
        writeSegment(packet, port, sequenceNumber, flags, payloadBytes);
        return whole(packet);
    }

    private static void writeSegment(ByteBuf into, int port, int sequenceNumber, int flags, int payloadBytes) {
        into.writeShort(port).writeShort(SERVER_PORT).writeInt(sequenceNumber).writeInt(1);
        into.writeByte(5 << 4).writeByte(flags).writeShort(1000).writeInt(0).writeZero(payloadBytes);
    }

    private static CapturedSegment whole(ByteBuf packet) {
        return new CapturedSegment().wrap(packet, 0, packet.readableBytes(), packet.readableBytes(), 0);
    }

    static CapturedSegment udp(ByteBuf payload, long timeNanos) {
        ByteBuf datagram = Unpooled.buffer();
        datagram.writeShort(50_000).writeShort(50_001);
        datagram.writeShort(UdpView.HEADER_BYTES + payload.readableBytes()).writeShort(0);
        datagram.writeBytes(payload.slice());
        return captured(IpView.PROTOCOL_UDP, datagram, UdpView.CHECKSUM_AT, timeNanos);
    }

    private static CapturedSegment captured(int protocol, ByteBuf content, int checksumAt, long timeNanos) {
        ByteBuf addresses = Unpooled.buffer().writeInt(0xc6120002).writeInt(0xc6120001);
        int length = content.readableBytes();
        content.setShort(
                checksumAt,
                InternetChecksum.complete(InternetChecksum.pseudoHeader(addresses, 0, 4, 4, protocol, length)
                        + InternetChecksum.sum(content, 0, length)));
        ByteBuf packet = Unpooled.buffer().writeZero(Ipv4Header.BYTES).writeBytes(content);
        Ipv4Header.write(packet, 0, 0, length, protocol, 64, addresses, 0, 4);
        int whole = packet.readableBytes();
        return new CapturedSegment().wrap(packet, 0, whole, whole, timeNanos);
    }
}
