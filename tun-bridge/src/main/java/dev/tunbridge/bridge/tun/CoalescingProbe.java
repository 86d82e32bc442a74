package dev.tunbridge.bridge.tun;

import dev.tunbridge.reassembly.wire.InternetChecksum;
import dev.tunbridge.reassembly.wire.IpView;
import dev.tunbridge.reassembly.wire.Ipv4Header;
import dev.tunbridge.reassembly.wire.TcpView;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/** A joined packet that harms nobody: two segments between documentation addresses (RFC 5737), of a connection that does not exist. */
final class CoalescingProbe {
    private static final int SOURCE = 0xc000_0201;
    private static final int DESTINATION = 0xc000_0202;
    private static final int SEGMENT_BYTES = 64;
    /** RFC 863: the port that discards. */
    private static final int PORT = 9;

    private CoalescingProbe() {}

    static ByteBuf packet() {
        int headerBytes = Ipv4Header.BYTES + TcpView.HEADER_BYTES;
        int payloadBytes = 2 * SEGMENT_BYTES;
        int tcpBytes = TcpView.HEADER_BYTES + payloadBytes;
        ByteBuf packet = Unpooled.directBuffer().writeZero(VirtioHeader.BYTES + headerBytes + payloadBytes);
        int ipAt = VirtioHeader.BYTES;
        int tcpAt = ipAt + Ipv4Header.BYTES;
        VirtioHeader.write(
                packet, 0, VirtioHeader.GSO_TCP4, headerBytes, SEGMENT_BYTES, Ipv4Header.BYTES, TcpView.CHECKSUM_AT);
        ByteBuf addresses = Unpooled.buffer(8).writeInt(SOURCE).writeInt(DESTINATION);
        Ipv4Header.write(packet, ipAt, 0, tcpBytes, IpView.PROTOCOL_TCP, 1, addresses, 0, 4);
        packet.setShort(tcpAt, PORT);
        packet.setShort(tcpAt + 2, PORT);
        packet.setByte(tcpAt + TcpView.DATA_OFFSET_AT, (TcpView.HEADER_BYTES / 4) << 4);
        packet.setByte(tcpAt + TcpView.FLAGS_AT, TcpView.ACK);
        long sum = InternetChecksum.pseudoHeader(addresses, 0, 4, 4, IpView.PROTOCOL_TCP, tcpBytes);
        packet.setShort(tcpAt + TcpView.CHECKSUM_AT, InternetChecksum.fold(sum));
        return packet;
    }
}
