package dev.tunbridge.bridge.queue;

import com.google.common.net.InetAddresses;
import dev.tunbridge.bridge.flow.InnerPacket;
import dev.tunbridge.bridge.flow.Packets;
import dev.tunbridge.reassembly.wire.TcpView;
import io.netty.buffer.ByteBuf;
import java.net.InetAddress;

/** Packets for the queue: the local port is the flow, and the flow's hash; where there is room, the payload begins with a number. */
final class QueueRig {
    static final int SERVICE_PORT = 9;
    static final int UDP_HEADERS = 28;
    static final int TCP_HEADERS = 40;

    private static final InetAddress DEVICE = InetAddresses.forString("198.19.0.1");
    private static final InetAddress CLIENT = InetAddresses.forString("198.19.0.9");
    private static final InetAddress DEVICE_6 = InetAddresses.forString("2001:2::1");
    private static final InetAddress CLIENT_6 = InetAddresses.forString("2001:2::9");

    private QueueRig() {}

    /** A datagram of this length, headers included. */
    static ByteBuf udp(int flow, int length) {
        return Packets.ip(DEVICE, CLIENT, InnerPacket.UDP, flow, SERVICE_PORT, length - UDP_HEADERS);
    }

    static ByteBuf udp6(int flow, int length) {
        return Packets.ip(DEVICE_6, CLIENT_6, InnerPacket.UDP, flow, SERVICE_PORT, length - 48);
    }

    static ByteBuf ping(int flow, int length) {
        return Packets.ip(DEVICE, CLIENT, InnerPacket.ICMP, flow, 0, length - UDP_HEADERS);
    }

    /** A data segment with so much payload; none at all is a pure acknowledgement. */
    static ByteBuf tcp(int flow, int payload) {
        return Packets.ip(DEVICE, CLIENT, InnerPacket.TCP, flow, SERVICE_PORT, payload);
    }

    static ByteBuf ack(int flow) {
        return tcp(flow, 0);
    }

    static ByteBuf fin(int flow) {
        ByteBuf packet = tcp(flow, 0);
        packet.setByte(20 + TcpView.FLAGS_AT, TcpView.FIN | TcpView.ACK);
        return packet;
    }

    /** The same packet with this DSCP. */
    static ByteBuf dscp(ByteBuf packet, int dscp) {
        if (packet.getUnsignedByte(0) >>> 4 == 4) {
            packet.setByte(1, dscp << 2);
        } else {
            packet.setShort(0, 0x6000 | dscp << 6);
        }
        return packet;
    }

    /** The same UDP packet with this number in its payload. */
    static ByteBuf numbered(ByteBuf packet, int number) {
        return packet.setInt(UDP_HEADERS, number);
    }

    static boolean offer(EgressQueue queue, ByteBuf packet, long nowNanos) {
        return offer(queue, packet, 0, nowNanos);
    }

    static boolean offer(EgressQueue queue, ByteBuf packet, long tag, long nowNanos) {
        InnerPacket view = Packets.view(packet);
        int hash = view.isTcpOrUdp() ? view.sourcePort() : packet.getUnsignedShort(20);
        return queue.offer(view, 0, packet.readableBytes(), hash, tag, nowNanos);
    }

    static int flow(QueuedPacket packet) {
        return packet.flowHash();
    }

    static int number(QueuedPacket packet) {
        return packet.buffer().getInt(UDP_HEADERS);
    }
}
