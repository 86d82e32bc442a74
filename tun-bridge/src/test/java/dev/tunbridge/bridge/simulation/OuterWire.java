package dev.tunbridge.bridge.simulation;

import dev.tunbridge.reassembly.wire.FourTuple;
import dev.tunbridge.reassembly.wire.InternetChecksum;
import dev.tunbridge.reassembly.wire.IpView;
import dev.tunbridge.reassembly.wire.Ipv4Header;
import dev.tunbridge.reassembly.wire.Ipv6Header;
import dev.tunbridge.reassembly.wire.TcpView;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;

/** Puts the headers of the outer connection in front of its bytes. */
final class OuterWire {
    private static final int SERVER_PORT = 7_000;
    private static final int OUR_PORT = 40_123;
    private static final int HOP_LIMIT = 57;
    private static final int TIMESTAMP_OPTION = 0x0101080a;
    private static final int TIMESTAMP_BYTES = 12;
    private static final int WINDOW_SCALE = 7;

    private final Scenario.Outer outer;
    private final FourTuple path;
    private final ByteBuf addresses;
    private final int ipHeaderBytes;

    OuterWire(Scenario.Outer outer) {
        this.outer = outer;
        boolean version4 = outer.addressBytes() == 4;
        InetAddress server = address(version4 ? "198.18.0.1" : "2001:2::1");
        InetAddress local = address(version4 ? "198.18.0.2" : "2001:2::2");
        path = new FourTuple(new InetSocketAddress(local, OUR_PORT), new InetSocketAddress(server, SERVER_PORT));
        addresses =
                Unpooled.wrappedBuffer(server.getAddress(), local.getAddress()).copy();
        ipHeaderBytes = version4 ? Ipv4Header.BYTES : Ipv6Header.BYTES;
    }

    static InetAddress address(String literal) {
        try {
            return InetAddress.getByName(literal);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(literal, e);
        }
    }

    FourTuple path() {
        return path;
    }

    /** What the server's headers take of each packet. */
    int headerBytes() {
        return ipHeaderBytes + tcpHeaderBytes();
    }

    private int tcpHeaderBytes() {
        return TcpView.HEADER_BYTES + (outer.timestamps() ? TIMESTAMP_BYTES : 0);
    }

    int clientClock(long sinceStartNanos) {
        return outer.clockOfClient() + (int) (sinceStartNanos / VirtualTime.MILLISECOND);
    }

    int serverClock(long sinceStartNanos) {
        return outer.serverClock() + (int) (sinceStartNanos / VirtualTime.MILLISECOND);
    }

    /** The server's SYN-ACK. */
    WireSegment synAck(int timestamp, int echo) {
        ByteBuf options = Unpooled.buffer(20);
        options.writeInt(0x02040000 | outer.mss());
        if (outer.selectiveAcknowledgement()) {
            options.writeInt(0x01010402);
        }
        if (outer.timestamps()) {
            options.writeInt(TIMESTAMP_OPTION).writeInt(timestamp).writeInt(echo);
        }
        options.writeInt(0x01030300 | WINDOW_SCALE);
        byte[] packet = packet(
                outer.serverInitial(),
                outer.clientInitial() + 1,
                TcpView.SYN | TcpView.ACK,
                options,
                new byte[0],
                0,
                0);
        return new WireSegment(packet, packet.length, 0, 0, timestamp, echo, 0, false, false, false);
    }

    /** A segment with these bytes of the stream. */
    WireSegment segment(
            byte[] stream, long offset, int length, long acknowledged, int timestamp, int echo, boolean push) {
        ByteBuf options = Unpooled.EMPTY_BUFFER;
        if (outer.timestamps()) {
            options = Unpooled.buffer(TIMESTAMP_BYTES)
                    .writeInt(TIMESTAMP_OPTION)
                    .writeInt(timestamp)
                    .writeInt(echo);
        }
        byte[] packet = packet(
                outer.serverInitial() + 1 + (int) offset,
                outer.clientInitial() + 1 + (int) acknowledged,
                TcpView.ACK | (push ? TcpView.PSH : 0),
                options,
                stream,
                (int) offset,
                length);
        return new WireSegment(
                packet, headerBytes(), offset, length, timestamp, echo, acknowledged, push, false, false);
    }

    private byte[] packet(
            int sequenceNumber, int acknowledgement, int flags, ByteBuf options, byte[] payload, int from, int length) {
        int tcpBytes = TcpView.HEADER_BYTES + options.readableBytes() + length;
        byte[] bytes = new byte[ipHeaderBytes + tcpBytes];
        ByteBuf packet = Unpooled.wrappedBuffer(bytes);
        writeIpHeader(packet, tcpBytes);
        packet.setShort(ipHeaderBytes, SERVER_PORT);
        packet.setShort(ipHeaderBytes + 2, OUR_PORT);
        packet.setInt(ipHeaderBytes + TcpView.SEQUENCE_AT, sequenceNumber);
        packet.setInt(ipHeaderBytes + TcpView.ACKNOWLEDGEMENT_AT, acknowledgement);
        packet.setByte(ipHeaderBytes + TcpView.DATA_OFFSET_AT, ((tcpBytes - length) / 4) << 4);
        packet.setByte(ipHeaderBytes + TcpView.FLAGS_AT, flags);
        packet.setShort(ipHeaderBytes + TcpView.WINDOW_AT, 0x7fff);
        int optionsAt = ipHeaderBytes + TcpView.HEADER_BYTES;
        packet.setBytes(optionsAt, options, 0, options.readableBytes());
        System.arraycopy(payload, from, bytes, bytes.length - length, length);
        int checksum = InternetChecksum.complete(
                pseudoHeaderSum(tcpBytes) + InternetChecksum.sum(packet, ipHeaderBytes, tcpBytes));
        packet.setShort(ipHeaderBytes + TcpView.CHECKSUM_AT, checksum);
        return bytes;
    }

    private void writeIpHeader(ByteBuf packet, int tcpBytes) {
        int local = outer.addressBytes();
        if (local == 4) {
            Ipv4Header.write(packet, 0, 0, tcpBytes, IpView.PROTOCOL_TCP, HOP_LIMIT, addresses, 0, local);
        } else {
            Ipv6Header.write(packet, 0, 0, tcpBytes, IpView.PROTOCOL_TCP, HOP_LIMIT, addresses, 0, local);
        }
    }

    private long pseudoHeaderSum(int tcpBytes) {
        int local = outer.addressBytes();
        return InternetChecksum.pseudoHeader(addresses, 0, local, local, IpView.PROTOCOL_TCP, tcpBytes);
    }

    /** Two consecutive segments as receive offload joins them (net/ipv4/tcp_offload.c, {@code tcp_gro_complete}). */
    WireSegment joined(WireSegment first, WireSegment second) {
        byte[] bytes = new byte[first.packet().length + second.length()];
        System.arraycopy(first.packet(), 0, bytes, 0, first.packet().length);
        System.arraycopy(second.packet(), second.payloadAt(), bytes, first.packet().length, second.length());
        ByteBuf packet = Unpooled.wrappedBuffer(bytes);
        writeIpHeader(packet, bytes.length - ipHeaderBytes);
        if (second.push()) {
            packet.setByte(ipHeaderBytes + TcpView.FLAGS_AT, TcpView.ACK | TcpView.PSH);
        }
        leaveUnfinished(packet, bytes.length - ipHeaderBytes);
        return new WireSegment(
                bytes,
                first.payloadAt(),
                first.offset(),
                first.length() + second.length(),
                first.timestamp(),
                first.echo(),
                first.acknowledged(),
                second.push(),
                false,
                true);
    }

    /** The segment as a device hands it over that leaves checksums to whoever needs them. */
    WireSegment unfinished(WireSegment whole) {
        byte[] bytes = whole.packet().clone();
        leaveUnfinished(Unpooled.wrappedBuffer(bytes), bytes.length - ipHeaderBytes);
        return new WireSegment(
                bytes,
                whole.payloadAt(),
                whole.offset(),
                whole.length(),
                whole.timestamp(),
                whole.echo(),
                whole.acknowledged(),
                whole.push(),
                whole.corrupt(),
                true);
    }

    private void leaveUnfinished(ByteBuf packet, int tcpBytes) {
        packet.setShort(ipHeaderBytes + TcpView.CHECKSUM_AT, InternetChecksum.fold(pseudoHeaderSum(tcpBytes)));
    }

    /** The packet with some bits of its TCP part turned over, so that its checksum is wrong. */
    WireSegment damaged(WireSegment whole, Dice dice) {
        byte[] bytes = whole.packet().clone();
        ByteBuf packet = Unpooled.wrappedBuffer(bytes);
        int tcpBytes = bytes.length - ipHeaderBytes;
        do {
            bytes[ipHeaderBytes + dice.below(tcpBytes)] ^= (byte) (1 << dice.below(8));
        } while (InternetChecksum.isValid(
                pseudoHeaderSum(tcpBytes) + InternetChecksum.sum(packet, ipHeaderBytes, tcpBytes)));
        return whole.corrupted(bytes);
    }
}
