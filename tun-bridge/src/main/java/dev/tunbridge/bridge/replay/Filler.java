package dev.tunbridge.bridge.replay;

import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.frame.FrameProbe;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Arrays;

/** What stands for bytes that a file lacks: a byte that, repeated, is certainly no frame. Offsets stay what they are. */
final class Filler {
    /** Fed a piece at a time. */
    static final int BYTES = 4_096;

    private Filler() {}

    static ByteBuf of(FrameFormat format) {
        byte[] bytes = new byte[Math.max(BYTES, format.maxFrameBytes() + 1)];
        ByteBuf filler = Unpooled.wrappedBuffer(bytes);
        try (FrameProbe probe = new FrameProbe(format)) {
            for (int value = 0xff; value >= 0; value--) {
                Arrays.fill(bytes, (byte) value);
                if (probe.probe(filler, 0, bytes.length) < 0) {
                    break;
                }
            }
        }
        return filler;
    }
}
