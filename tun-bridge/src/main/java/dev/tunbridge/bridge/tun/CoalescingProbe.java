package dev.tunbridge.bridge.tun;

import dev.tunbridge.reassembly.wire.InternetChecksum;
import dev.tunbridge.reassembly.wire.IpView;
import dev.tunbridge.reassembly.wire.Ipv4Header;
import dev.tunbridge.reassembly.wire.TcpView;
import dev.tunbridge.reassembly.wire.UdpView;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * A joined packet that harms nobody: two segments between documentation addresses (RFC 5737), of a connection that does not
 * exist, or two datagrams to a port that discards.
 */
final class CoalescingProbe {
    private static final int SOURCE = 0xc000_0201;
    private static final int DESTINATION = 0xc000_0202;
    private static final int SEGMENT_BYTES = 64;
    /** RFC 863: the port that discards. */
    private static final int PORT = 9;

    private CoalescingProbe() {}

    static ByteBuf segments() {
        ByteBuf packet = packet(VirtioHeader.GSO_TCP4, IpView.PROTOCOL_TCP, TcpView.HEADER_BYTES, TcpView.CHECKSUM_AT);
        int tcpAt = VirtioHeader.BYTES + Ipv4Header.BYTES;
        packet.setByte(tcpAt + TcpView.DATA_OFFSET_AT, (TcpView.HEADER_BYTES / 4) << 4);
        packet.setByte(tcpAt + TcpView.FLAGS_AT, TcpView.ACK);
        return packet;
    }

    static ByteBuf datagrams() {
        ByteBuf packet = packet(VirtioHeader.GSO_UDP, IpView.PROTOCOL_UDP, UdpView.HEADER_BYTES, UdpView.CHECKSUM_AT);
        int udpAt = VirtioHeader.BYTES + Ipv4Header.BYTES;
        packet.setShort(udpAt + UdpView.LENGTH_AT, UdpView.HEADER_BYTES + 2 * SEGMENT_BYTES);
        return packet;
    }

    /** Everything but what the transport's header says besides ports and checksum. */
    private static ByteBuf packet(int gsoType, int protocol, int transportHeaderBytes, int checksumAt) {
        int headerBytes = Ipv4Header.BYTES + transportHeaderBytes;
        int payloadBytes = 2 * SEGMENT_BYTES;
        int transportBytes = transportHeaderBytes + payloadBytes;
        ByteBuf packet = Unpooled.directBuffer().writeZero(VirtioHeader.BYTES + headerBytes + payloadBytes);
        int ipAt = VirtioHeader.BYTES;
        int transportAt = ipAt + Ipv4Header.BYTES;
        VirtioHeader.write(packet, 0, gsoType, headerBytes, SEGMENT_BYTES, Ipv4Header.BYTES, checksumAt);
        ByteBuf addresses = Unpooled.buffer(8).writeInt(SOURCE).writeInt(DESTINATION);
        Ipv4Header.write(packet, ipAt, 0, transportBytes, protocol, 1, addresses, 0, 4);
        packet.setShort(transportAt, PORT);
        packet.setShort(transportAt + 2, PORT);
        long sum = InternetChecksum.pseudoHeader(addresses, 0, 4, 4, protocol, transportBytes);
        packet.setShort(transportAt + checksumAt, InternetChecksum.fold(sum));
        return packet;
    }
}
