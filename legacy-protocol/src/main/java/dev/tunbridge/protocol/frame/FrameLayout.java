package dev.tunbridge.protocol.frame;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A format made ready for the hot path: the numbers that encoder and probe need, and the checks on an unescaped frame.
 *
 * <pre>
 *   | sync, header fields, length | payload        | check, trailer | signature |
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
    final @Nullable BitField sequence;
    /** Where there is no field for it. */
    final int onlyType;

    /** From the payload's start; null where it is no part of that. */
    final @Nullable BitField typeInPayload;
    /** Bytes of a type that stands first in the payload, and is no part of what messages are laid out of. */
    final int strippedBytes;

    private final List<Optional<BitField>> fields;
    /** Of the head where no length grows; of the shortest where one does. */
    final int headBytes;

    final int tailBytes;
    final int minPayloadBytes;
    final int maxPayloadBytes;
    final @Nullable LengthField length;
    final @Nullable GrowingLength growing;
    final @Nullable PayloadMask mask;
    final @Nullable BlockChecks blocks;
    /** {@link FrameFormat#mayShareFlag}: the wire bytes that a frame has in common with the next. */
    final int sharedBytes;

    /** Of a frame that nothing says the length of; {@link #BAD_LENGTH} where a mark ends it, or a field says it. */
    final int fixedPayloadBytes;

    private final @Nullable BitField signed;
    private final int signatureBytes;
    private final @Nullable LengthField repetition;
    private final long lengthBias;
    private final BitField[] constants;
    private final long[] constantValues;
    private final @Nullable CheckLayout check;
    private final @Nullable CheckLayout headerCheck;
    private final BytePattern trailer;
    private final Blank blankHead;
    private final Blank blankTail;

    private record CheckLayout(
            Check check,
            Checksum checksum,
            int sizeBytes,
            @Nullable LengthField digits,
            @Nullable ExtraByte extra) {
        static CheckLayout of(Check check, @Nullable BitField type, Function<ChecksumAlgorithm, Checksum> newChecksum) {
            return new CheckLayout(
                    check,
                    newChecksum.apply(check.algorithm()),
                    check.sizeBytes(),
                    check.encoding() == Check.Encoding.BINARY ? null : digits(check),
                    type != null
                                    && check.algorithm() instanceof ChecksumAlgorithm.Crc crc
                                    && !check.extra().isEmpty()
                            ? new ExtraByte(type, crc, check.extra())
                            : null);
        }

        /** Digits are read and written as those of a length are. */
        private static LengthField digits(Check check) {
            BitField place = new BitField(0, check.sizeBytes(), check.endian(), 0, 0);
            return new LengthField(LengthField.Encoding.ASCII_HEX, place, LengthField.Counts.PAYLOAD, 0);
        }

        boolean matches(ByteBuf buffer, int frameIndex, int payloadEnd) {
            int index = index(frameIndex, payloadEnd);
            BytePattern separator = check.separator();
            if (separator.sizeBytes() > 0
                    && !separator.matches(buffer, index - separator.sizeBytes(), separator.sizeBytes())) {
                return false;
            }
            long written = digits != null
                    ? digits.read(buffer, index)
                    : BitField.readRaw(buffer, index, sizeBytes, check.endian());
            return written == compute(buffer, frameIndex, payloadEnd);
        }

        void write(ByteBuf buffer, int frameIndex, int payloadEnd) {
            long value = compute(buffer, frameIndex, payloadEnd);
            int index = index(frameIndex, payloadEnd);
            BytePattern separator = check.separator();
            for (int i = 0; i < separator.sizeBytes(); i++) {
                buffer.setByte(index - separator.sizeBytes() + i, separator.byteAt(i));
            }
            if (digits != null) {
                digits.write(buffer, index, value);
            } else {
                BitField.writeRaw(buffer, index, sizeBytes, check.endian(), value);
            }
        }

        long compute(ByteBuf buffer, int frameIndex, int payloadEnd) {
            int from = check.from().index(frameIndex, payloadEnd);
            long value = checksum.compute(buffer, from, check.to().index(frameIndex, payloadEnd) - from);
            return extra == null ? value : extra.continued(buffer, frameIndex, value);
        }

        int index(int frameIndex, int payloadEnd) {
            return check.at().index(frameIndex, payloadEnd) + check.separator().sizeBytes();
        }
    }

    FrameLayout(FrameFormat format) {
        this(format, ChecksumAlgorithm::newChecksum);
    }

    FrameLayout(FrameFormat format, Function<ChecksumAlgorithm, Checksum> newChecksum) {
        this(format, format.fields(), newChecksum);
    }

    /** @param known the fields that are asked for by their places, which may be those of other shapes too */
    FrameLayout(FrameFormat format, List<HeaderField> known, Function<ChecksumAlgorithm, Checksum> newChecksum) {
        List<HeaderField> constant =
                format.fields().stream().filter(f -> f.value().isPresent()).toList();
        this.sync = format.sync();
        this.type = format.typeField().orElse(null);
        this.sequence =
                format.field(HeaderField.SEQUENCE).map(HeaderField::bits).orElse(null);
        this.onlyType = format.onlyType();
        this.typeInPayload = format.typing().inPayload().map(PayloadType::bits).orElse(null);
        this.strippedBytes = format.typing().strippedBytes();
        this.fields = known.stream()
                .map(field -> format.field(field.name()).map(HeaderField::bits))
                .toList();
        this.fixedPayloadBytes = format.hasFixedSize() ? format.maxPayloadBytes() : BAD_LENGTH;
        this.signed = format.signature()
                .map(signature -> format.field(signature.when()).orElseThrow().bits())
                .orElse(null);
        this.signatureBytes = format.signature().map(Signature::sizeBytes).orElse(0);
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
        this.mask = format.mask()
                .map(m -> new PayloadMask(format.field(m.when()).orElseThrow().bits(), m.keyBytes()))
                .orElse(null);
        this.blocks = format.check()
                .filter(Check::isOfBlocks)
                .map(c -> new BlockChecks(c, newChecksum))
                .orElse(null);
        this.check = format.check()
                .filter(c -> !c.isOfBlocks())
                .map(c -> CheckLayout.of(c, type, newChecksum))
                .orElse(null);
        this.headerCheck = format.headerCheck()
                .map(c -> CheckLayout.of(c, type, newChecksum))
                .orElse(null);
        this.trailer = format.trailer();
        this.blankHead = blankHead();
        this.blankTail = blankTail();
    }

    /** Sync and constants, and zero for everything else. */
    private Blank blankHead() {
        ByteBuf head = Unpooled.buffer(headBytes).writeZero(headBytes);
        for (int i = 0; i < sync.sizeBytes(); i++) {
            head.setByte(i, sync.byteAt(i));
        }
        for (int i = 0; i < constants.length; i++) {
            constants[i].write(head, 0, constantValues[i]);
        }
        if (mask != null) {
            mask.mark(head, 0);
        }
        return Blank.of(head);
    }

    /** The trailer, and zero for the check in front of it. */
    private Blank blankTail() {
        ByteBuf tail = Unpooled.buffer(tailBytes).writeZero(tailBytes);
        for (int i = 0; i < trailer.sizeBytes(); i++) {
            tail.setByte(tailBytes - trailer.sizeBytes() + i, trailer.byteAt(i));
        }
        return Blank.of(tail);
    }

    /** By its place among those that are known, or null where frames of this shape have none of that name. */
    @Nullable
    BitField field(int index) {
        return fields.get(index).orElse(null);
    }

    /** Bytes behind the frame at the index, which a bit of its header brings. */
    int signatureBytes(ByteBuf buffer, int frameIndex) {
        return signed != null && signed.read(buffer, frameIndex) != 0 ? signatureBytes : 0;
    }

    /** Whether a signature would have to follow a frame whose bit of this is set, which nothing here can make. */
    boolean isSignedBy(BitField field) {
        return field.equals(signed);
    }

    /** Whether frames of this shape may have the type, and its check can be known. */
    boolean holdsType(int number) {
        BitField bits = type == null ? typeInPayload : type;
        return hasExtra(number) && (bits == null ? number == onlyType : bits.holds(Integer.toUnsignedLong(number)));
    }

    /** Whether the frame at the index is of a type whose check can be known. */
    boolean knowsCheck(ByteBuf buffer, int frameIndex) {
        return check == null || check.extra == null || type == null || hasExtra((int) type.read(buffer, frameIndex));
    }

    private boolean hasExtra(int number) {
        return check == null || check.extra == null || check.extra.of(number) != ExtraByte.NONE;
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
        return size <= 0 ? size : lengthAt + size + keyBytes(buffer, frameIndex);
    }

    /** The bytes of the key between the length and the payload. */
    private int keyBytes(ByteBuf buffer, int frameIndex) {
        return mask == null ? 0 : mask.keyBytes(buffer, frameIndex);
    }

    /** The bytes of the wire from the payload's first to the frame's last. */
    int wireBytesBehindHead(int payloadBytes) {
        return payloadBytes + (blocks == null ? 0 : blocks.bytes(payloadBytes)) + tailBytes;
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
        blankHead.writeTo(buffer);
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
        int keyBytes = keyBytes(frame, frameIndex);
        out.ensureWritable(lengthAt + size + keyBytes + payloadBytes + tailBytes);
        out.writeBytes(frame, frameIndex, lengthAt + 1); // fields may have bits in the first byte of the length
        out.writeZero(size - 1);
        grown.write(out, outIndex + lengthAt, payloadBytes + lengthBias);
        if (mask != null && keyBytes > 0) {
            mask.writeKey(out);
        }
        out.writeBytes(frame, payloadIndex, payloadBytes);
        if (mask != null && keyBytes > 0) {
            mask.apply(out, out.writerIndex() - payloadBytes, payloadBytes);
        }
        close(out, outIndex);
    }

    private void close(ByteBuf buffer, int frameIndex) {
        int payloadEnd = buffer.writerIndex();
        blankTail.writeTo(buffer);
        if (headerCheck != null) {
            headerCheck.write(buffer, frameIndex, payloadEnd); // first, for the other may cover it
        }
        if (check != null) {
            check.write(buffer, frameIndex, payloadEnd);
        }
    }
}
