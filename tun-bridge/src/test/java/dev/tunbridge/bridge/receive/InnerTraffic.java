package dev.tunbridge.bridge.receive;

import dev.tunbridge.reassembly.wire.InternetChecksum;
import dev.tunbridge.reassembly.wire.IpView;
import dev.tunbridge.reassembly.wire.Ipv4Header;
import dev.tunbridge.reassembly.wire.TcpView;
import dev.tunbridge.reassembly.wire.UdpView;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.net.InetAddress;
import java.net.UnknownHostException;

/** Packets of clients to the device, whole and with right checksums. */
final class InnerTraffic {
    static final InetAddress DEVICE = address("198.19.0.1");
    static final int DEVICE_PORT = 80;

    private static final int IP = Ipv4Header.BYTES;
    private static final int WINDOW = 500;

    private InnerTraffic() {}

    static InetAddress address(String literal) {
        try {
            return InetAddress.getByName(literal);
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e); // literals are not looked up
        }
    }

    /** The address of a client by its number. */
    static InetAddress client(int number) {
        return address("198.19.1." + (1 + number));
    }

    static byte[] udp(int client, int port, byte... payload) {
        ByteBuf out = Unpooled.buffer().writeZero(IP);
        out.writeShort(port).writeShort(DEVICE_PORT);
        out.writeShort(UdpView.HEADER_BYTES + payload.length).writeShort(0);
        return finish(out.writeBytes(payload), client, IpView.PROTOCOL_UDP, UdpView.CHECKSUM_AT);
    }

    static byte[] tcp(int client, int port, int sequence, int flags, byte... payload) {
        ByteBuf out = Unpooled.buffer().writeZero(IP);
        out.writeShort(port).writeShort(DEVICE_PORT).writeInt(sequence).writeInt(1);
        out.writeByte((TcpView.HEADER_BYTES / 4) << 4).writeByte(flags).writeShort(WINDOW);
        out.writeShort(0).writeShort(0);
        return finish(out.writeBytes(payload), client, IpView.PROTOCOL_TCP, TcpView.CHECKSUM_AT);
    }

    /** An echo request. */
    static byte[] ping(int client, byte... payload) {
        ByteBuf out = Unpooled.buffer().writeZero(IP);
        out.writeByte(8).writeByte(0).writeShort(0).writeShort(1).writeShort(1);
        return finish(out.writeBytes(payload), client, IpView.PROTOCOL_ICMP, 2);
    }

    private static byte[] finish(ByteBuf out, int client, int protocol, int checksumAt) {
        int length = out.writerIndex() - IP;
        ByteBuf addresses = Unpooled.wrappedBuffer(client(client).getAddress(), DEVICE.getAddress());
        Ipv4Header.write(out, 0, 0, length, protocol, 64, addresses, 0, 4);
        long sum = InternetChecksum.sum(out, IP, length);
        if (protocol != IpView.PROTOCOL_ICMP) {
            sum += InternetChecksum.pseudoHeader(addresses, 0, 4, 4, protocol, length);
        }
        int checksum = InternetChecksum.complete(sum);
        out.setShort(IP + checksumAt, checksum == 0 && protocol == IpView.PROTOCOL_UDP ? 0xffff : checksum);
        return ByteBufUtil.getBytes(out);
    }
}
