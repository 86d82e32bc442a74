package dev.tunbridge.sim.link;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/** Ethernet frames of one TCP connection over IPv4, as far as a link looks at them (checksums stay empty). */
final class TcpFrames {
    static final int HEADERS_BYTES = 14 + 20 + 20;

    private final int sourcePort;
    private final int destinationPort;
    private final int initialSequence;

    TcpFrames(int sourcePort, int destinationPort, int initialSequence) {
        this.sourcePort = sourcePort;
        this.destinationPort = destinationPort;
        this.initialSequence = initialSequence;
    }

    ByteBuf syn() {
        return frame(initialSequence, 0x02, 0);
    }

    /** Carries the data bytes from {@code offset} (0 is the first) on. */
    ByteBuf data(long offset, int dataBytes) {
        return frame((int) (initialSequence + 1 + offset), 0x10, dataBytes);
    }

    private ByteBuf frame(int sequence, int flags, int dataBytes) {
        ByteBuf frame = Unpooled.buffer();
        frame.writeZero(12).writeShort(0x0800);
        frame.writeByte(0x45).writeZero(1).writeShort(40 + dataBytes).writeZero(4);
        frame.writeByte(64).writeByte(6).writeZero(2).writeInt(0xc6120001).writeInt(0xc6120002);
        frame.writeShort(sourcePort)
                .writeShort(destinationPort)
                .writeInt(sequence)
                .writeInt(0);
        frame.writeByte(5 << 4).writeByte(flags).writeZero(6).writeZero(dataBytes);
        return frame;
    }
}
