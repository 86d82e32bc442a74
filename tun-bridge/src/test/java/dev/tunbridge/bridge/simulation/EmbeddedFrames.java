package dev.tunbridge.bridge.simulation;

import dev.tunbridge.protocol.frame.FrameEncoder;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.protocol.message.Message;
import dev.tunbridge.protocol.message.MessageCodec;
import dev.tunbridge.protocol.message.Octets;
import dev.tunbridge.reassembly.wire.TcpView;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.List;

/** What a client may put in its payload: frames of the very format, alone or in chains, which nobody must take for the server's. */
final class EmbeddedFrames {
    private static final int UNKNOWN_CLIENT_PORT = 60_000;
    private static final int MOST_FRAMES = 6;

    private final Dice dice;
    private final InnerPackets packets;
    private final FramePort port;
    private final boolean hasApp;

    EmbeddedFrames(Dice dice, Carriage carriage, InnerPackets packets, FrameFormat format, MessageCodec codec) {
        this.dice = dice;
        this.packets = packets;
        hasApp = codec.maxAppBytes() > 0;
        this.port = new FramePort(carriage, packets, new FrameEncoder(format), codec);
    }

    /** Writes a chain of frames somewhere into the payload, or across the whole of it. */
    void spoil(byte[] payload, List<InnerFlow> known) {
        if (payload.length < 40) {
            return;
        }
        ByteBuf chain = Unpooled.buffer();
        int frames = dice.between(1, MOST_FRAMES);
        int most = dice.chance(0.5) ? payload.length : dice.between(20, payload.length);
        for (int i = 0; i < frames && chain.readableBytes() < most; i++) {
            write(chain, most - chain.readableBytes(), known);
        }
        int length = Math.min(chain.readableBytes(), payload.length);
        // A chain that ends with the payload, one that starts with it, or one in the middle.
        int room = payload.length - length;
        int at = dice.chance(0.4) ? room : dice.chance(0.3) ? 0 : dice.below(room + 1);
        chain.getBytes(0, payload, at, length);
    }

    private void write(ByteBuf chain, int most, List<InnerFlow> known) {
        if (dice.chance(0.15) && hasApp) {
            port.message(new Message.App(dice.below(1 << 16), Octets.of(new byte[dice.below(30)])), chain);
            return;
        }
        InnerFlow flow = known.isEmpty()
                ? new InnerFlow(
                        -1,
                        dice.chance(0.5) ? Message.UDP : Message.TCP,
                        dice.below(InnerPackets.clients()),
                        UNKNOWN_CLIENT_PORT + dice.below(5_000),
                        dice.below(1 << 16))
                : known.get(dice.below(known.size()));
        byte[] payload = new byte[dice.below(Math.max(1, Math.min(most, 1_200) - 60) + 1)];
        dice.fill(payload, 0, payload.length);
        byte[] packet = flow.protocol() == Message.UDP
                ? packets.udp(flow, payload, false)
                : packets.tcp(flow, dice.nextInt(), dice.nextInt(), TcpView.ACK, 1_000, new byte[0], payload);
        port.packet(flow, packet, chain);
    }

    void close() {
        port.close();
    }
}
