package dev.tunbridge.protocol.frame;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.Random;

/** Writes streams of frames whose payloads are as awkward as a client can make them, and damages them. */
final class StreamGenerator {
    /** Bytes that mean something to some escape or to a shipped format. */
    private static final int[] MARKS = {0x7E, 0x7D, 0x5E, 0xC0, 0xDB, 0xDC, 0x00, 0x10, 0x02, 0x03, 0xA5, 0x5A, 0xFF};

    /** The model is slow, and some shipped formats have payloads of 128 KiB. */
    private static final int LONGEST = 2_048;

    private final FrameFormat format;
    private final Random random;

    StreamGenerator(FrameFormat format, Random random) {
        this.format = format;
        this.random = random;
    }

    byte[] frames(int count) {
        ByteBuf out = Unpooled.buffer();
        try (FrameEncoder encoder = new FrameEncoder(format)) {
            for (int i = 0; i < count; i++) {
                encoder.encode(
                        out,
                        random.nextInt()
                                & (int) format.typeField()
                                        .map(BitField::mask)
                                        .orElse(0L)
                                        .longValue(),
                        payload(out));
            }
        }
        return ByteBufUtil.getBytes(out);
    }

    private ByteBuf payload(ByteBuf written) {
        // Mostly short, so that a shipped format's longest are not all that is ever tried.
        int most = Math.min(random.nextInt(3) == 0 ? LONGEST : 20, format.maxPayloadBytes());
        int least = format.minPayloadBytes();
        byte[] bytes = new byte[least + random.nextInt(Math.max(least, most) - least + 1)];
        switch (random.nextInt(4)) {
            case 0 -> random.nextBytes(bytes);
            case 1 -> marks(bytes);
            case 2 -> {
                // A copy of what came before: perfect frames inside a frame.
                int from = random.nextInt(written.writerIndex() + 1);
                written.getBytes(from, bytes, 0, Math.min(bytes.length, written.writerIndex() - from));
            }
            default -> java.util.Arrays.fill(bytes, (byte) MARKS[random.nextInt(MARKS.length)]);
        }
        return Unpooled.wrappedBuffer(bytes);
    }

    private void marks(byte[] bytes) {
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) MARKS[random.nextInt(MARKS.length)];
        }
    }

    /** Flips, loses, repeats and inserts bytes in a few places. */
    byte[] damage(byte[] stream) {
        ByteBuf out = Unpooled.buffer();
        double rate = random.nextInt(4) / (double) Math.max(1, stream.length);
        for (byte b : stream) {
            if (random.nextDouble() >= rate) {
                out.writeByte(b);
                continue;
            }
            switch (random.nextInt(5)) {
                case 0 -> out.writeByte(b ^ (1 << random.nextInt(8)));
                case 1 -> {
                    // Lost.
                }
                case 2 -> out.writeByte(b).writeByte(b);
                case 3 -> out.writeByte(b).writeByte(MARKS[random.nextInt(MARKS.length)]);
                default -> {
                    byte[] noise = new byte[random.nextInt(30)];
                    random.nextBytes(noise);
                    out.writeByte(b).writeBytes(noise);
                }
            }
        }
        return ByteBufUtil.getBytes(out);
    }
}
