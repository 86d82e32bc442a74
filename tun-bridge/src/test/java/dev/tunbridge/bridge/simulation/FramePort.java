package dev.tunbridge.bridge.simulation;

import dev.tunbridge.protocol.frame.FrameEncoder;
import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.protocol.message.Message;
import dev.tunbridge.protocol.message.MessageCodec;
import io.netty.buffer.ByteBuf;

/** Turns packets and messages into frames, with the real encoder and codec. */
final class FramePort {
    /** A link may have room for more than IP has. */
    private static final int MOST_PACKET_BYTES = 2_048;

    private final Carriage carriage;
    private final InnerPackets packets;
    private final FrameEncoder encoder;
    private final MessageCodec codec;

    FramePort(Carriage carriage, InnerPackets packets, FrameEncoder encoder, MessageCodec codec) {
        this.carriage = carriage;
        this.packets = packets;
        this.encoder = encoder;
        this.codec = codec;
    }

    void message(Message message, ByteBuf out) {
        codec.write(message, encoder, out);
    }

    void packet(InnerFlow flow, byte[] packet, ByteBuf out) {
        if (carriage == Carriage.PACKET) {
            codec.beginPacket(encoder, out, packet[0] >> 4).writeBytes(packet);
        } else {
            int header = packets.ipHeaderBytes();
            codec.beginSegment(
                            encoder,
                            out,
                            flow.protocol(),
                            packets.addresses(),
                            packets.clientIndex(flow),
                            packets.deviceIndex(),
                            packets.addressBytes())
                    .writeBytes(packet, header, packet.length - header);
        }
        encoder.end();
    }

    void unknown(int type, byte[] payload, ByteBuf out) {
        encoder.begin(out, type).writeBytes(payload);
        encoder.end();
    }

    /** The longest packet that fits a frame. */
    int maxPacketBytes() {
        int most = carriage == Carriage.PACKET
                ? codec.maxPacketBytes()
                : codec.maxSegmentBytes(packets.addressBytes()) + packets.ipHeaderBytes();
        return Math.min(most, MOST_PACKET_BYTES);
    }

    void close() {
        encoder.close();
    }
}
