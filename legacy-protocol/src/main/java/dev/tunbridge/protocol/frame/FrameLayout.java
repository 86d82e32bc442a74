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
    final int headBytes;
    final int tailBytes;
    final int minPayloadBytes;
    final int maxPayloadBytes;
    final @Nullable LengthField length;
    /** {@link FrameFormat#mayShareFlag}: the wire bytes that a frame has in common with the next. */
    final int sharedBytes;

    private final long lengthBias;
    private final BitField[] constants;
    private final long[] constantValues;
    private final @Nullable CheckLayout check;
    private final BytePattern trailer;

    private record CheckLayout(Check check, Checksum checksum, int sizeBytes) {
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
        this.sharedBytes = format.mayShareFlag() ? 1 : 0;
        this.lengthBias = format.lengthBias();
        this.check = format.check()
                .map(c -> new CheckLayout(
                        c, newChecksum.apply(c.algorithm()), c.algorithm().sizeBytes()))
                .orElse(null);
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

    /** The payload's length as the length field says it, or {@link #BAD_LENGTH}. */
    int payloadBytes(ByteBuf buffer, int frameIndex, LengthField lengthField) {
        long value = lengthField.read(buffer, frameIndex);
        if (value < 0) {
            return BAD_LENGTH;
        }
        long bytes = value - lengthBias;
        return bytes < 0 || bytes > maxPayloadBytes ? BAD_LENGTH : (int) bytes;
    }

    boolean trailerMatches(ByteBuf buffer, int payloadEnd) {
        return trailer.matches(buffer, payloadEnd + tailBytes - trailer.sizeBytes(), trailer.sizeBytes());
    }

    boolean checkMatches(ByteBuf buffer, int frameIndex, int payloadEnd) {
        if (check == null) {
            return true;
        }
        long written = BitField.readRaw(
                buffer,
                check.index(frameIndex, payloadEnd),
                check.sizeBytes,
                check.check().endian());
        return written == check.compute(buffer, frameIndex, payloadEnd);
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
        int payloadEnd = buffer.writerIndex();
        if (length != null) {
            length.write(buffer, frameIndex, payloadEnd - frameIndex - headBytes + lengthBias);
        }
        buffer.writeZero(tailBytes);
        for (int i = 0; i < trailer.sizeBytes(); i++) {
            buffer.setByte(payloadEnd + tailBytes - trailer.sizeBytes() + i, trailer.byteAt(i));
        }
        if (check != null) {
            BitField.writeRaw(
                    buffer,
                    check.index(frameIndex, payloadEnd),
                    check.sizeBytes,
                    check.check().endian(),
                    check.compute(buffer, frameIndex, payloadEnd));
        }
    }
}
