package dev.tunbridge.sim.rawlane;

import com.google.common.net.InetAddresses;
import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.frame.FrameEncoder;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.message.Message;
import dev.tunbridge.protocol.message.MessageCodec;
import dev.tunbridge.protocol.message.Octets;
import dev.tunbridge.reassembly.wire.InternetChecksum;
import dev.tunbridge.reassembly.wire.IpView;
import dev.tunbridge.reassembly.wire.Ipv4Header;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;

/** What a server writes: frames by the real encoder, most of them with a numbered datagram inside. */
final class ServerStream {
    static final InetAddress DEVICE = InetAddresses.forString("198.19.0.1");
    static final InetAddress SERVER = InetAddresses.forString("198.19.0.2");
    static final int DEVICE_PORT = 5000;
    private static final int SERVER_PORT = 4000;
    private static final int UDP_HEADER_BYTES = 8;
    private static final int HOP_LIMIT = 64;

    private final MessageCodec codec;
    private final FrameEncoder encoder;
    private final ByteBuf bytes = Unpooled.buffer();
    private final List<Integer> ends = new ArrayList<>();

    ServerStream(FrameFormat format) {
        codec = Protocol.builtin("reference").messages().codec(format);
        encoder = new FrameEncoder(format);
    }

    /** Appends a message as a frame. */
    ServerStream message(Message message) {
        codec.write(message, encoder, bytes);
        ends.add(bytes.writerIndex());
        return this;
    }

    /** Appends a datagram from the server to the device. */
    ServerStream datagram(int number, byte[] filling) {
        return message(new Message.Packet(Octets.of(packet(number, filling))));
    }

    /** The same in one frame for a part of this stream. */
    int frames() {
        return ends.size();
    }

    /** The stream offset behind a frame, counted from 0. */
    int end(int frame) {
        return ends.get(frame);
    }

    int end() {
        return bytes.writerIndex();
    }

    byte[] slice(int from, int to) {
        return ByteBufUtil.getBytes(bytes, from, to - from);
    }

    /** A whole frame. */
    byte[] frame(int frame) {
        return slice(frame == 0 ? 0 : end(frame - 1), end(frame));
    }

    /** A UDP datagram in IPv4: its number and the filling. */
    static byte[] packet(int number, byte[] filling) {
        int udpBytes = UDP_HEADER_BYTES + Integer.BYTES + filling.length;
        ByteBuf addresses = Unpooled.wrappedBuffer(SERVER.getAddress(), DEVICE.getAddress());
        ByteBuf packet = Unpooled.buffer(Ipv4Header.BYTES + udpBytes);
        packet.writeZero(Ipv4Header.BYTES);
        Ipv4Header.write(packet, 0, 0, udpBytes, IpView.PROTOCOL_UDP, HOP_LIMIT, addresses, 0, 4);
        packet.writeShort(SERVER_PORT).writeShort(DEVICE_PORT);
        packet.writeShort(udpBytes).writeShort(0);
        packet.writeInt(number).writeBytes(filling);
        long sum = InternetChecksum.pseudoHeader(addresses, 0, 4, 4, IpView.PROTOCOL_UDP, udpBytes)
                + InternetChecksum.sum(packet, Ipv4Header.BYTES, udpBytes);
        packet.setShort(Ipv4Header.BYTES + 6, InternetChecksum.complete(sum));
        return ByteBufUtil.getBytes(packet);
    }
}
