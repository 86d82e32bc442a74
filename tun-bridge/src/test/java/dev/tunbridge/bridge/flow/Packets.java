package dev.tunbridge.bridge.flow;

import dev.tunbridge.reassembly.wire.IpProblem;
import dev.tunbridge.reassembly.wire.IpView;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetAddress;

/** Builds small IP packets for tests. */
public final class Packets {
    private Packets() {}

    /** A packet with a transport header of its protocol's least size and this much payload. */
    public static ByteBuf ip(InetAddress source, InetAddress destination, int protocol, int from, int to, int payload) {
        int transport = switch (protocol) {
            case InnerPacket.TCP -> 20;
            case InnerPacket.UDP -> 8;
            default -> 8;
        };
        byte[] body = new byte[transport + payload];
        ByteBuf segment = Unpooled.wrappedBuffer(body);
        segment.setShort(0, from);
        segment.setShort(2, to);
        if (protocol == InnerPacket.TCP) {
            segment.setByte(12, 0x50);
            segment.setByte(13, 0x10);
        }
        return raw(source, destination, protocol, body);
    }

    /** A packet with this body behind its IP header; checksums of the body are the caller's. */
    public static ByteBuf raw(InetAddress source, InetAddress destination, int protocol, byte[] body) {
        byte[] from = source.getAddress();
        ByteBuf packet = Unpooled.buffer();
        if (from.length == 4) {
            packet.writeShort(0x4500)
                    .writeShort(20 + body.length)
                    .writeInt(0)
                    .writeByte(64)
                    .writeByte(protocol);
            packet.writeShort(0).writeBytes(from).writeBytes(destination.getAddress());
            int sum = 0;
            for (int i = 0; i < 20; i += 2) {
                sum += packet.getUnsignedShort(i);
            }
            sum = (sum & 0xffff) + (sum >>> 16);
            sum = (sum & 0xffff) + (sum >>> 16);
            packet.setShort(10, ~sum & 0xffff);
        } else {
            packet.writeInt(0x60000000)
                    .writeShort(body.length)
                    .writeByte(protocol)
                    .writeByte(64);
            packet.writeBytes(from).writeBytes(destination.getAddress());
        }
        return packet.writeBytes(body);
    }

    /** The checked view of a packet that is well formed. */
    public static InnerPacket view(ByteBuf packet) {
        IpView ip = new IpView();
        IpProblem problem = ip.wrap(packet, packet.readerIndex(), packet.readableBytes());
        if (problem != IpProblem.OK) {
            throw new IllegalArgumentException("test packet: " + problem);
        }
        InnerPacket view = new InnerPacket();
        view.wrap(ip);
        return view;
    }
}
