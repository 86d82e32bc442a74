package dev.tunbridge.bridge.replay;

import com.google.common.net.InetAddresses;
import dev.tunbridge.bridge.ServerSignals;
import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.frame.FrameEncoder;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.protocol.message.Message;
import dev.tunbridge.protocol.message.MessageCodec;
import dev.tunbridge.protocol.message.Octets;
import dev.tunbridge.protocol.session.TunnelParameters;
import dev.tunbridge.reassembly.wire.InternetChecksum;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.net.InetAddress;

/** Frames as a server writes them, each as the bytes on the wire. */
public final class ServerStream {
    static final InetAddress DEVICE = InetAddresses.forString("198.19.0.1");
    static final InetAddress CLIENT = InetAddresses.forString("198.19.0.2");

    private final MessageCodec codec;
    private final FrameFormat format;

    public ServerStream(FrameFormat format) {
        codec = Protocol.builtin("reference").messages().codec(format);
        this.format = format;
    }

    public byte[] welcome() {
        return welcome(DEVICE, CLIENT);
    }

    byte[] welcome(InetAddress device, InetAddress server) {
        return frame(ServerSignals.welcome(new TunnelParameters(Carriage.SEGMENT, 1, 1400, 30, device, server)));
    }

    byte[] keepAlive(int nonce) {
        return frame(ServerSignals.keepAlive(nonce));
    }

    /** A datagram that tells its number. */
    public byte[] datagram(int number, int bytes) {
        ByteBuf udp = Unpooled.buffer();
        udp.writeShort(5_000)
                .writeShort(6_000)
                .writeShort(8 + bytes)
                .writeShort(0)
                .writeInt(number);
        for (int i = 4; i < bytes; i++) {
            udp.writeByte(number * 31 + i);
        }
        ByteBuf addresses = Unpooled.wrappedBuffer(CLIENT.getAddress(), DEVICE.getAddress());
        int length = udp.readableBytes();
        long sum = InternetChecksum.pseudoHeader(addresses, 0, 4, 4, Message.UDP, length)
                + InternetChecksum.sum(udp, 0, length);
        udp.setShort(6, InternetChecksum.complete(sum));
        return frame(new Message.Segment(Message.UDP, CLIENT, DEVICE, Octets.of(ByteBufUtil.getBytes(udp))));
    }

    private byte[] frame(Message message) {
        ByteBuf out = Unpooled.buffer();
        try (FrameEncoder encoder = new FrameEncoder(format)) {
            codec.write(message, encoder, out);
        }
        return ByteBufUtil.getBytes(out);
    }
}
