package dev.tunbridge.protocol.frame;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Bytes that implementations of others have written. They lie beside the checkout, where they are there at all. */
final class Framings {
    private static final Path FOLDER = Path.of("..", "..", "shared", "framings");

    private Framings() {}

    /** The bytes of a file of hexadecimal digits; skips the test where there is none. */
    static byte[] read(String name) {
        Path file = FOLDER.resolve(name + ".hex");
        assumeTrue(Files.isReadable(file), () -> "skipped: " + file + " is absent, which others have written");
        try {
            return bytes(Files.readString(file));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    static byte[] bytes(String hex) {
        return ByteBufUtil.decodeHexDump(hex.replaceAll("\\s", ""));
    }

    /** What a decoder says of the stream, each frame as its type and its payload in hexadecimal. */
    static List<String> decode(FrameFormat format, byte[] stream) {
        List<String> events = Recorder.decode(format, stream, () -> stream.length);
        org.assertj.core.api.Assertions.assertThat(Recorder.decode(format, stream, () -> 1))
                .as("a byte at a time")
                .isEqualTo(events);
        return events.stream()
                .map(event -> event.replaceFirst("^frame [0-9.]+ type ([0-9]+) fields .* payload ", "$1 "))
                .toList();
    }

    /** The same frames, written anew. */
    static byte[] writeAgain(FrameFormat format, byte[] stream) {
        ByteBuf out = Unpooled.buffer();
        List<Integer> fields = new ArrayList<>();
        for (int i = 0; i < format.fields().size(); i++) {
            boolean isOurs = format.fields().get(i).name().equals(HeaderField.SEQUENCE)
                    || format.fields().get(i).value().isPresent();
            if (!isOurs) {
                fields.add(i);
            }
        }
        try (FrameDecoder decoder = new FrameDecoder(format);
                FrameEncoder encoder = new FrameEncoder(format)) {
            decoder.decode(Unpooled.wrappedBuffer(stream), new FrameHandler() {
                @Override
                public void onFrame(FrameView frame) {
                    ByteBuf body = encoder.begin(out, frame.type());
                    FrameFormat shape = format.shapeOf(frame.type()).orElseThrow();
                    fields.stream()
                            .filter(i ->
                                    shape.field(format.fields().get(i).name()).isPresent())
                            .forEach(i -> encoder.setField(i, frame.field(i)));
                    body.writeBytes(frame.buffer(), frame.payloadIndex(), frame.payloadLength());
                    encoder.end();
                }

                @Override
                public void onBadFrame(BadFrame reason, long offset) {
                    throw new AssertionError(reason + " at " + offset);
                }

                @Override
                public void onSkipped(long fromOffset, long toOffset) {
                    throw new AssertionError(fromOffset + " to " + toOffset);
                }
            });
        }
        return ByteBufUtil.getBytes(out);
    }
}
