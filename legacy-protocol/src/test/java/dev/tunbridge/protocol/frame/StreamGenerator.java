package dev.tunbridge.protocol.frame;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** Writes streams of frames whose payloads are as awkward as a client can make them, and damages them. */
final class StreamGenerator {
    /** Bytes that mean something to some escape or to a shipped format. */
    private static final int[] MARKS = {
        0x7E, 0x7D, 0x5E, 0xC0, 0xDB, 0xDC, 0x1B, 0x1B, 0x01, 0x00, 0x10, 0x02, 0x03, 0xA5, 0x5A, 0xFF
    };

    /** The model is slow, and some shipped formats have payloads of 128 KiB. */
    private static final int LONGEST = 2_048;

    private final FrameFormat format;
    private final Random random;

    StreamGenerator(FrameFormat format, Random random) {
        this.format = format;
        this.random = random;
    }

    /** Whether frames can be written as a rule: a header that holds the byte of the end, by itself or for its length, makes none. */
    static boolean canWrite(FrameFormat format, Random random) {
        StreamGenerator generator = new StreamGenerator(format, random);
        ByteBuf out = Unpooled.buffer();
        int written = 0;
        try (FrameEncoder encoder = new FrameEncoder(format)) {
            for (int i = 0; i < 16; i++) {
                written += generator.tryWrite(encoder, out) ? 1 : 0;
            }
        }
        return written > 4;
    }

    byte[] frames(int count) {
        ByteBuf out = Unpooled.buffer();
        int tries = 0;
        // Frames are written unsigned; others sign them.
        try (FrameEncoder encoder = new FrameEncoder(Formats.unsigned(format))) {
            for (int i = 0; i < count; ) {
                i += tryWrite(encoder, out) ? 1 : 0;
                assertThat(tries++).as("tries with %s", format).isLessThan(1_000 + 100 * count);
            }
        }
        return ByteBufUtil.getBytes(out);
    }

    private boolean tryWrite(FrameEncoder encoder, ByteBuf out) {
        int before = out.writerIndex();
        try {
            write(encoder, out);
            return true;
        } catch (UnsayableFrameException e) {
            assertThat(out.writerIndex()).isEqualTo(before);
            return false;
        }
    }

    private void write(FrameEncoder encoder, ByteBuf out) {
        FrameFormat drawn = Seeds.pick(random, format.allShapes());
        int type = type(drawn);
        // Another shape may come before it that has this type too.
        ByteBuf payload = payload(format.shapeOf(type).orElseThrow(), out);
        ByteBuf body = encoder.begin(out, type);
        if (random.nextBoolean()) {
            format.shapeOf(type)
                    .flatMap(FrameFormat::mask)
                    .ifPresent(mask ->
                            encoder.setField(format.fieldIndex(mask.when()).orElseThrow(), 0));
        }
        Optional<Signature> signature =
                format.shapeOf(type).orElseThrow().signature().filter(s -> random.nextBoolean());
        signature.ifPresent(s -> encoder.setField(format.fieldIndex(s.when()).orElseThrow(), 1));
        FrameTypes typing = format.shapeOf(type).orElseThrow().typing();
        typing.inPayload()
                .filter(kept -> kept.isKept() && kept.end() <= payload.readableBytes())
                .ifPresent(kept -> kept.write(payload, 0, type));
        body.writeBytes(payload);
        encoder.end();
        byte[] signed = new byte[signature.map(Signature::sizeBytes).orElse(0)];
        random.nextBytes(signed);
        out.writeBytes(signed);
    }

    private int type(FrameFormat shape) {
        List<Integer> extra =
                shape.check().map(check -> List.copyOf(check.extra().keySet())).orElse(List.of());
        if (!extra.isEmpty()) {
            return Seeds.pick(random, extra);
        }
        return shape.typeBits()
                .map(field -> random.nextInt() & (int) field.mask())
                .orElse(shape.onlyType());
    }

    private ByteBuf payload(FrameFormat shape, ByteBuf written) {
        // Mostly short, so that a shipped format's longest are not all that is ever tried.
        int most = Math.min(random.nextInt(3) == 0 ? LONGEST : 20, shape.maxPayloadBytes());
        int stripped = shape.typing().strippedBytes();
        int least = Math.max(
                0,
                Math.max(
                                shape.minPayloadBytes(),
                                shape.typing().inPayload().map(PayloadType::end).orElse(0))
                        - stripped);
        byte[] bytes = new byte[least + random.nextInt(Math.max(least, most - stripped) - least + 1)];
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
        format.end().ifPresent(end -> {
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] ^= (byte) ((bytes[i] & 0xff) == end ? 0x55 : 0);
            }
        });
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
