package dev.tunbridge.bridge.tun;

import dev.tunbridge.reassembly.wire.InternetChecksum;
import dev.tunbridge.reassembly.wire.IpProblem;
import dev.tunbridge.reassembly.wire.IpView;
import dev.tunbridge.reassembly.wire.Ipv4Header;
import dev.tunbridge.reassembly.wire.Ipv6Header;
import dev.tunbridge.reassembly.wire.TcpView;
import dev.tunbridge.reassembly.wire.UdpView;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.net.InetSocketAddress;

/** Packets for tests, built one by one and finished in every checksum. */
final class Packets {
    /** One TCP segment; addresses decide the IP version. */
    @SuppressWarnings("ArrayRecordComponent") // Never compared, never shared.
    record Segment(
            byte[] source,
            byte[] destination,
            int trafficClass,
            int hopLimit,
            int identification,
            boolean dontFragment,
            int ports,
            int sequence,
            int acknowledgement,
            int flags,
            int window,
            byte[] options,
            byte[] payload) {}

    private Packets() {}

    static byte[] tcp(Segment segment) {
        ByteBuf tcp = Unpooled.buffer();
        tcp.writeInt(segment.ports).writeInt(segment.sequence).writeInt(segment.acknowledgement);
        tcp.writeByte(((TcpView.HEADER_BYTES + segment.options.length) / 4) << 4)
                .writeByte(segment.flags);
        tcp.writeShort(segment.window).writeInt(0).writeBytes(segment.options).writeBytes(segment.payload);
        return ip(segment, IpView.PROTOCOL_TCP, ByteBufUtil.getBytes(tcp), TcpView.CHECKSUM_AT);
    }

    /** A datagram with what UDP has of a segment: addresses, ports, payload. */
    static byte[] udp(Segment segment) {
        ByteBuf udp = Unpooled.buffer();
        udp.writeInt(segment.ports).writeShort(UdpView.HEADER_BYTES + segment.payload.length);
        udp.writeShort(0).writeBytes(segment.payload);
        return ip(segment, IpView.PROTOCOL_UDP, ByteBufUtil.getBytes(udp), UdpView.CHECKSUM_AT);
    }

    private static byte[] ip(Segment segment, int protocol, byte[] payload, int checksumAt) {
        byte[] packet = ip(
                segment.source,
                segment.destination,
                segment.trafficClass,
                protocol,
                segment.hopLimit,
                payload,
                checksumAt);
        if (segment.source.length == 4) {
            ByteBuf buffer = Unpooled.wrappedBuffer(packet);
            buffer.setShort(IpView.V4_IDENTIFICATION_AT, segment.identification);
            buffer.setShort(IpView.V4_FRAGMENT_AT, segment.dontFragment ? 0x4000 : 0);
            Ipv4Header.finish(buffer, 0, Ipv4Header.BYTES);
        }
        return packet;
    }

    static byte[] udp(InetSocketAddress source, InetSocketAddress destination, byte[] payload) {
        ByteBuf udp = Unpooled.buffer();
        udp.writeShort(source.getPort()).writeShort(destination.getPort());
        udp.writeShort(8 + payload.length).writeShort(0).writeBytes(payload);
        return ip(
                source.getAddress().getAddress(),
                destination.getAddress().getAddress(),
                0,
                IpView.PROTOCOL_UDP,
                64,
                ByteBufUtil.getBytes(udp),
                6);
    }

    private static byte[] ip(
            byte[] source,
            byte[] destination,
            int trafficClass,
            int protocol,
            int hopLimit,
            byte[] payload,
            int checksumAt) {
        ByteBuf addresses = Unpooled.wrappedBuffer(source, destination);
        int header = source.length == 4 ? Ipv4Header.BYTES : Ipv6Header.BYTES;
        byte[] packet = new byte[header + payload.length];
        ByteBuf out = Unpooled.wrappedBuffer(packet);
        if (source.length == 4) {
            Ipv4Header.write(out, 0, trafficClass, payload.length, protocol, hopLimit, addresses, 0, source.length);
        } else {
            Ipv6Header.write(out, 0, trafficClass, payload.length, protocol, hopLimit, addresses, 0, source.length);
        }
        out.setBytes(header, payload);
        long sum = InternetChecksum.pseudoHeader(addresses, 0, source.length, source.length, protocol, payload.length)
                + InternetChecksum.sum(out, header, payload.length);
        out.setShort(header + checksumAt, InternetChecksum.complete(sum));
        return packet;
    }

    /** Whether this is an IP packet of exactly this length with every checksum right. */
    static boolean isIntact(byte[] packet) {
        IpView view = new IpView();
        return view.wrap(Unpooled.wrappedBuffer(packet), 0, packet.length) == IpProblem.OK
                && view.totalLength() == packet.length
                && view.headerChecksumValid()
                && view.payloadChecksumValid();
    }
}
