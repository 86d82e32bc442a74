package dev.tunbridge.protocol.frame;

import io.netty.buffer.ByteBuf;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A format made ready for the hot path: the numbers that encoder and probe need, and the checks on an unescaped frame.
 *
 * <pre>
 *   | sync, header fields, length | payload        | check, trailer |
 *   |&lt;-------- headBytes -------&gt;|&lt;- payloadBytes -&gt;|&lt;-- tailBytes -&gt;|
 * </pre>
 *
 * The order in the head is the format's, and the check may stand there. A layout serves one encoder or decoder, because
 * its checksum holds state.
 */
final class FrameLayout {
    /** What {@link #payloadBytes} answers where the length is malformed, negative or above the maximum. */
    static final int BAD_LENGTH = -1;

    final BytePattern sync;
    final @Nullable BitField type;
    final BitField[] fields;
    /** Of the head where no length grows; of the shortest where one does. */
    final int headBytes;

    final int tailBytes;
    final int minPayloadBytes;
    final int maxPayloadBytes;
    final @Nullable LengthField length;
    final @Nullable GrowingLength growing;
    /** {@link FrameFormat#mayShareFlag}: the wire bytes that a frame has in common with the next. */
    final int sharedBytes;

    private final @Nullable LengthField repetition;
    private final long lengthBias;
    private final BitField[] constants;
    private final long[] constantValues;
    private final @Nullable CheckLayout check;
    private final @Nullable CheckLayout headerCheck;
    private final BytePattern trailer;

    private record CheckLayout(Check check, Checksum checksum, int sizeBytes) {
        static CheckLayout of(Check check, Function<ChecksumAlgorithm, Checksum> newChecksum) {
            return new CheckLayout(
                    check,
                    newChecksum.apply(check.algorithm()),
                    check.algorithm().sizeBytes());
        }

        boolean matches(ByteBuf buffer, int frameIndex, int payloadEnd) {
            long written = BitField.readRaw(buffer, index(frameIndex, payloadEnd), sizeBytes, check.endian());
            return written == compute(buffer, frameIndex, payloadEnd);
        }

        void write(ByteBuf buffer, int frameIndex, int payloadEnd) {
            long value = compute(buffer, frameIndex, payloadEnd);
            BitField.writeRaw(buffer, index(frameIndex, payloadEnd), sizeBytes, check.endian(), value);
        }

        long compute(ByteBuf buffer, int frameIndex, int payloadEnd) {
            int from = check.from().index(frameIndex, payloadEnd);
            return checksum.compute(buffer, from, check.to().index(frameIndex, payloadEnd) - from);
        }

        int index(int frameIndex, int payloadEnd) {
            return check.at().index(frameIndex, payloadEnd);
        }
    }

    FrameLayout(FrameFormat format) {
        this(format, ChecksumAlgorithm::newChecksum);
    }

    FrameLayout(FrameFormat format, Function<ChecksumAlgorithm, Checksum> newChecksum) {
        List<HeaderField> constant =
                format.fields().stream().filter(f -> f.value().isPresent()).toList();
        this.sync = format.sync();
        this.type = format.typeField().orElse(null);
        this.fields = format.fields().stream().map(HeaderField::bits).toArray(BitField[]::new);
        this.constants = constant.stream().map(HeaderField::bits).toArray(BitField[]::new);
        this.constantValues =
                constant.stream().mapToLong(f -> f.value().getAsLong()).toArray();
        this.headBytes = format.payloadAt();
        this.tailBytes = format.tailBytes();
        this.minPayloadBytes = format.minPayloadBytes();
        this.maxPayloadBytes = format.maxPayloadBytes();
        this.length = format.length().orElse(null);
        this.growing = format.length().flatMap(LengthField::growing).orElse(null);
        this.repetition = format.length().flatMap(LengthField::repetition).orElse(null);
        this.sharedBytes = format.mayShareFlag() ? 1 : 0;
        this.lengthBias = format.lengthBias();
        this.check = format.check().map(c -> CheckLayout.of(c, newChecksum)).orElse(null);
        this.headerCheck =
                format.headerCheck().map(c -> CheckLayout.of(c, newChecksum)).orElse(null);
        this.trailer = format.trailer();
    }

    boolean constantsMatch(ByteBuf buffer, int frameIndex) {
        for (int i = 0; i < constants.length; i++) {
            if (constants[i].read(buffer, frameIndex) != constantValues[i]) {
                return false;
            }
        }
        return true;
    }

    /**
     * The bytes of a head whose length grows, once the fewest of it are there, or what {@link GrowingLength#sizeBytes} answers
     * instead.
     */
    int grownHeadBytes(ByteBuf buffer, int frameIndex, int limit, GrowingLength grown) {
        int lengthAt = headBytes - grown.leastBytes();
        int size = grown.sizeBytes(buffer, frameIndex + lengthAt, limit);
        return size <= 0 ? size : lengthAt + size;
    }

    /** The payload's length as the length field says it, or {@link #BAD_LENGTH}. It must be whole. */
    int payloadBytes(ByteBuf buffer, int frameIndex, LengthField lengthField) {
        GrowingLength grown = growing;
        long value = grown == null
                ? lengthField.read(buffer, frameIndex)
                : grown.read(buffer, frameIndex + headBytes - grown.leastBytes());
        if (value < 0 || (repetition != null && repetition.read(buffer, frameIndex) != value)) {
            return BAD_LENGTH;
        }
        long bytes = value - lengthBias;
        return bytes < 0 || bytes > maxPayloadBytes ? BAD_LENGTH : (int) bytes;
    }

    boolean trailerMatches(ByteBuf buffer, int payloadEnd) {
        return trailer.matches(buffer, payloadEnd + tailBytes - trailer.sizeBytes(), trailer.sizeBytes());
    }

    boolean checkMatches(ByteBuf buffer, int frameIndex, int payloadEnd) {
        return check == null || check.matches(buffer, frameIndex, payloadEnd);
    }

    /** Whether the header's own check is right, if it has one; it must be whole. */
    boolean headerCheckMatches(ByteBuf buffer, int frameIndex) {
        return headerCheck == null || headerCheck.matches(buffer, frameIndex, frameIndex + headBytes);
    }

    /** Writes sync and constants, and zero for everything else in the head. */
    void writeHead(ByteBuf buffer) {
        int frameIndex = buffer.writerIndex();
        buffer.writeZero(headBytes);
        for (int i = 0; i < sync.sizeBytes(); i++) {
            buffer.setByte(frameIndex + i, sync.byteAt(i));
        }
        for (int i = 0; i < constants.length; i++) {
            constants[i].write(buffer, frameIndex, constantValues[i]);
        }
    }

    /** Fills the length in and closes the frame whose payload ends at the writer index. */
    void seal(ByteBuf buffer, int frameIndex) {
        long value = buffer.writerIndex() - frameIndex - headBytes + lengthBias;
        if (length != null) {
            length.write(buffer, frameIndex, value);
        }
        if (repetition != null) {
            repetition.write(buffer, frameIndex, value);
        }
        close(buffer, frameIndex);
    }

    /** Copies a frame behind the writer index of another buffer, where its length is known and has the room that it takes, and closes it. */
    void sealGrown(ByteBuf frame, int frameIndex, ByteBuf out, GrowingLength grown) {
        int payloadIndex = frameIndex + headBytes;
        int payloadBytes = frame.writerIndex() - payloadIndex;
        int lengthAt = headBytes - grown.leastBytes();
        int outIndex = out.writerIndex();
        int size = grown.sizeOf(payloadBytes + lengthBias);
        out.ensureWritable(lengthAt + size + payloadBytes + tailBytes);
        out.writeBytes(frame, frameIndex, lengthAt + 1); // fields may have bits in the first byte of the length
        out.writeZero(size - 1);
        grown.write(out, outIndex + lengthAt, payloadBytes + lengthBias);
        out.writeBytes(frame, payloadIndex, payloadBytes);
        close(out, outIndex);
    }

    private void close(ByteBuf buffer, int frameIndex) {
        int payloadEnd = buffer.writerIndex();
        buffer.writeZero(tailBytes);
        for (int i = 0; i < trailer.sizeBytes(); i++) {
            buffer.setByte(payloadEnd + tailBytes - trailer.sizeBytes() + i, trailer.byteAt(i));
        }
        if (headerCheck != null) {
            headerCheck.write(buffer, frameIndex, payloadEnd); // first, for the other may cover it
        }
        if (check != null) {
            check.write(buffer, frameIndex, payloadEnd);
        }
    }
}
