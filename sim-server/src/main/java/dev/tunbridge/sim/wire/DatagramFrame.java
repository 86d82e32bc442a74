package dev.tunbridge.sim.wire;

import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.frame.FrameEncoder;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.protocol.message.MessageCodec;
import dev.tunbridge.reassembly.wire.IpView;
import dev.tunbridge.reassembly.wire.UdpView;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Optional;

/**
 * What an outer stream puts around the payload of a UDP datagram over IPv4. A datagram is whole with the last byte of its
 * frame: before that nobody can deliver it.
 *
 * @param headBytes from the first byte of the frame to that of the payload, inner headers included
 * @param tailBytes behind the payload, to the end of the frame
 */
public record DatagramFrame(int headBytes, int tailBytes) {
    private static final int ADDRESS_BYTES = 4;

    /** Of a tunnel that puts so many bytes in front of each packet and none behind. */
    public static DatagramFrame ofPackets(int prefixBytes) {
        return new DatagramFrame(prefixBytes + IpView.IPV4_HEADER_BYTES + UdpView.HEADER_BYTES, 0);
    }

    /**
     * Of one of our protocols; empty where it escapes, and in a carriage without packets, because the payload does not then
     * stand in the stream as it is.
     */
    public static Optional<DatagramFrame> of(Protocol protocol, Carriage carriage, int payloadBytes) {
        FrameFormat format = protocol.format();
        if (format.isRewritten() || carriage == Carriage.SOCKET) {
            return Optional.empty();
        }
        MessageCodec codec = protocol.newCodec();
        ByteBuf out = Unpooled.buffer();
        try (FrameEncoder encoder = new FrameEncoder(format)) {
            if (carriage == Carriage.PACKET) {
                codec.beginPacket(encoder, out, 4).writeZero(IpView.IPV4_HEADER_BYTES + UdpView.HEADER_BYTES);
            } else {
                ByteBuf addresses = Unpooled.wrappedBuffer(new byte[2 * ADDRESS_BYTES]);
                codec.beginSegment(encoder, out, IpView.PROTOCOL_UDP, addresses, 0, ADDRESS_BYTES, ADDRESS_BYTES)
                        .writeZero(UdpView.HEADER_BYTES);
            }
            int headBytes = out.writerIndex();
            out.writeZero(payloadBytes);
            encoder.end();
            return Optional.of(new DatagramFrame(headBytes, out.writerIndex() - headBytes - payloadBytes));
        }
    }
}
