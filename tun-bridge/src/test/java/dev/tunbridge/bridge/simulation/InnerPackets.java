package dev.tunbridge.bridge.simulation;

import dev.tunbridge.reassembly.wire.InternetChecksum;
import dev.tunbridge.reassembly.wire.IpView;
import dev.tunbridge.reassembly.wire.Ipv4Header;
import dev.tunbridge.reassembly.wire.Ipv6Header;
import dev.tunbridge.reassembly.wire.TcpView;
import dev.tunbridge.reassembly.wire.UdpView;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetAddress;

/** Builds the packets that clients send to the device, as the device must get them. */
final class InnerPackets {
    private static final int HOP_LIMIT = 64;
    private static final int CLIENTS = 5;
    private static final int MORE_FRAGMENTS = 0x2000;

    private final int addressBytes;
    private final int ipHeaderBytes;
    /** The device's, one that is not the device's, then the clients'. */
    private final ByteBuf addresses;

    InnerPackets(int addressBytes) {
        this.addressBytes = addressBytes;
        boolean version4 = addressBytes == 4;
        ipHeaderBytes = version4 ? Ipv4Header.BYTES : Ipv6Header.BYTES;
        String prefix = version4 ? "198.19.0." : "2001:2:0:1::";
        addresses = Unpooled.buffer();
        addresses
                .writeBytes(device().getAddress())
                .writeBytes(OuterWire.address(prefix + "99").getAddress());
        for (int client = 0; client < CLIENTS; client++) {
            addresses.writeBytes(OuterWire.address(prefix + (10 + client)).getAddress());
        }
    }

    static int clients() {
        return CLIENTS;
    }

    InetAddress device() {
        return OuterWire.address(addressBytes == 4 ? "198.19.0.1" : "2001:2:0:1::1");
    }

    InetAddress tunnelServer() {
        return OuterWire.address(addressBytes == 4 ? "198.19.0.2" : "2001:2:0:1::2");
    }

    int ipHeaderBytes() {
        return ipHeaderBytes;
    }

    int addressBytes() {
        return addressBytes;
    }

    /** Holds the addresses at {@link #clientIndex} and {@link #deviceIndex}. */
    ByteBuf addresses() {
        return addresses;
    }

    int clientIndex(InnerFlow flow) {
        return (2 + flow.client()) * addressBytes;
    }

    int deviceIndex() {
        return 0;
    }

    byte[] udp(InnerFlow flow, byte[] payload, boolean withoutChecksum) {
        int length = UdpView.HEADER_BYTES + payload.length;
        byte[] packet = packet(flow, IpView.PROTOCOL_UDP, length);
        ByteBuf out = Unpooled.wrappedBuffer(packet);
        out.setShort(ipHeaderBytes, flow.clientPort());
        out.setShort(ipHeaderBytes + 2, flow.devicePort());
        out.setShort(ipHeaderBytes + UdpView.LENGTH_AT, length);
        System.arraycopy(payload, 0, packet, ipHeaderBytes + UdpView.HEADER_BYTES, payload.length);
        if (!withoutChecksum) {
            int sum = checksum(out, flow, IpView.PROTOCOL_UDP, length);
            out.setShort(ipHeaderBytes + UdpView.CHECKSUM_AT, sum == 0 ? 0xffff : sum);
        }
        return packet;
    }

    /** @param options a multiple of four bytes */
    byte[] tcp(
            InnerFlow flow, int sequence, int acknowledgement, int flags, int window, byte[] options, byte[] payload) {
        int headerBytes = TcpView.HEADER_BYTES + options.length;
        int length = headerBytes + payload.length;
        byte[] packet = packet(flow, IpView.PROTOCOL_TCP, length);
        ByteBuf out = Unpooled.wrappedBuffer(packet);
        out.setShort(ipHeaderBytes, flow.clientPort());
        out.setShort(ipHeaderBytes + 2, flow.devicePort());
        out.setInt(ipHeaderBytes + TcpView.SEQUENCE_AT, sequence);
        out.setInt(ipHeaderBytes + TcpView.ACKNOWLEDGEMENT_AT, acknowledgement);
        out.setByte(ipHeaderBytes + TcpView.DATA_OFFSET_AT, (headerBytes / 4) << 4);
        out.setByte(ipHeaderBytes + TcpView.FLAGS_AT, flags);
        out.setShort(ipHeaderBytes + TcpView.WINDOW_AT, window);
        System.arraycopy(options, 0, packet, ipHeaderBytes + TcpView.HEADER_BYTES, options.length);
        System.arraycopy(payload, 0, packet, ipHeaderBytes + headerBytes, payload.length);
        out.setShort(ipHeaderBytes + TcpView.CHECKSUM_AT, checksum(out, flow, IpView.PROTOCOL_TCP, length));
        return packet;
    }

    /** An echo request. */
    byte[] icmp(InnerFlow flow, int sequence, byte[] payload) {
        int protocol = addressBytes == 4 ? IpView.PROTOCOL_ICMP : IpView.PROTOCOL_ICMPV6;
        int length = 8 + payload.length;
        byte[] packet = packet(flow, protocol, length);
        ByteBuf out = Unpooled.wrappedBuffer(packet);
        out.setByte(ipHeaderBytes, addressBytes == 4 ? 8 : 128);
        out.setShort(ipHeaderBytes + 4, flow.clientPort());
        out.setShort(ipHeaderBytes + 6, sequence);
        System.arraycopy(payload, 0, packet, ipHeaderBytes + 8, payload.length);
        int sum = addressBytes == 4
                ? InternetChecksum.complete(InternetChecksum.sum(out, ipHeaderBytes, length))
                : checksum(out, flow, protocol, length);
        out.setShort(ipHeaderBytes + 2, sum);
        return packet;
    }

    /** The first fragment of a datagram whose rest never comes; IPv4 only. */
    byte[] fragment(InnerFlow flow, int identification, byte[] payload) {
        byte[] packet = udp(flow, payload, true);
        ByteBuf out = Unpooled.wrappedBuffer(packet);
        out.setShort(IpView.V4_IDENTIFICATION_AT, identification);
        out.setShort(IpView.V4_FRAGMENT_AT, MORE_FRAGMENTS);
        Ipv4Header.finish(out, 0, ipHeaderBytes);
        return packet;
    }

    /** Sends the packet to somebody who is not the device. Its transport checksum is wrong then, which nobody gets to see. */
    void misdirect(byte[] packet) {
        ByteBuf out = Unpooled.wrappedBuffer(packet);
        int at = addressBytes == 4 ? IpView.V4_DESTINATION_AT : IpView.V6_DESTINATION_AT;
        out.setBytes(at, addresses, addressBytes, addressBytes);
        if (addressBytes == 4) {
            Ipv4Header.finish(out, 0, ipHeaderBytes);
        }
    }

    private byte[] packet(InnerFlow flow, int protocol, int length) {
        byte[] bytes = new byte[ipHeaderBytes + length];
        ByteBuf out = Unpooled.wrappedBuffer(bytes);
        int source = clientIndex(flow);
        if (addressBytes == 4) {
            Ipv4Header.write(out, 0, 0, length, protocol, HOP_LIMIT, addresses, source, deviceIndex());
        } else {
            Ipv6Header.write(out, 0, 0, length, protocol, HOP_LIMIT, addresses, source, deviceIndex());
        }
        return bytes;
    }

    private int checksum(ByteBuf out, InnerFlow flow, int protocol, int length) {
        return InternetChecksum.complete(InternetChecksum.pseudoHeader(
                        addresses, clientIndex(flow), deviceIndex(), addressBytes, protocol, length)
                + InternetChecksum.sum(out, ipHeaderBytes, length));
    }

    /**
     * A number for the packet's content. Where the packet may not be fragmented its identification means nothing (RFC 6864), and
     * coalescing may change it.
     */
    static long fingerprint(byte[] packet, int from, int length) {
        long hash = length * 0x9E37_79B9_7F4A_7C15L;
        boolean anyIdentification = packet[from] >>> 4 == 4 && (packet[from + IpView.V4_FRAGMENT_AT] & 0x40) != 0;
        for (int i = 0; i < length; i++) {
            boolean skipped = anyIdentification
                    && (i == IpView.V4_IDENTIFICATION_AT
                            || i == IpView.V4_IDENTIFICATION_AT + 1
                            || i == IpView.V4_CHECKSUM_AT
                            || i == IpView.V4_CHECKSUM_AT + 1);
            hash = (hash ^ (skipped ? 0 : packet[from + i])) * 0x0000_0100_0000_01B3L;
        }
        return hash ^ (hash >>> 29);
    }
}
