package dev.tunbridge.protocol.frame;

import io.netty.buffer.ByteBuf;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The field that says how long a frame is. On the wire stands what it counts, plus {@code adjust}.
 *
 * @param bits where it stands; of one that grows the first byte, and as its size the most that it may have
 * @param until what closes a number of digits that grows
 * @param repeatedAt where it stands once more
 */
public record LengthField(
        Encoding encoding, BitField bits, Counts counts, int adjust, BytePattern until, OptionalInt repeatedAt) {
    static final int MALFORMED = -1;

    /** One of a fixed size that stands once. */
    public LengthField(Encoding encoding, BitField bits, Counts counts, int adjust) {
        this(encoding, bits, counts, adjust, BytePattern.EMPTY, OptionalInt.empty());
    }

    /** How the number is written. */
    public enum Encoding {
        BINARY,
        BCD,
        ASCII_HEX,
        ASCII_DECIMAL,
        /** Seven bits a byte, as many bytes as it takes. */
        VARINT,
        /** A number of its own bits, whose two greatest say that two or eight bytes follow instead. */
        STAGED;

        boolean isText() {
            return this == ASCII_HEX || this == ASCII_DECIMAL;
        }
    }

    /** Which bytes are counted. */
    public enum Counts {
        PAYLOAD,
        ALL,
        AFTER_LENGTH
    }

    /** Whether the bytes that it takes depend on its value. */
    boolean isGrowing() {
        return encoding == Encoding.VARINT || encoding == Encoding.STAGED || until.sizeBytes() > 0;
    }

    Optional<GrowingLength> growing() {
        return isGrowing() ? Optional.of(GrowingLength.of(this)) : Optional.empty();
    }

    /** The same where it stands once more. */
    Optional<LengthField> repetition() {
        return repeatedAt.isEmpty()
                ? Optional.empty()
                : Optional.of(new LengthField(encoding, BitField.within(bits, repeatedAt.getAsInt()), counts, adjust));
    }

    /** Behind the fewest bytes that it takes. */
    int leastEnd() {
        return growing().map(growing -> bits.at() + growing.leastBytes()).orElse(bits.end());
    }

    long maxValue() {
        if (isGrowing()) {
            return GrowingLength.of(this).maxValue();
        }
        return switch (encoding) {
            case BINARY -> bits.mask();
            case BCD -> power(100, bits.size()) - 1;
            case ASCII_HEX -> power(16, bits.size()) - 1;
            case ASCII_DECIMAL -> power(10, bits.size()) - 1;
            case VARINT, STAGED -> throw new IllegalStateException("grows");
        };
    }

    /** The number on the wire, or {@link #MALFORMED} where the digits are none. */
    long read(ByteBuf buffer, int frameIndex) {
        return switch (encoding) {
            case BINARY -> bits.read(buffer, frameIndex);
            case BCD -> readBcd(buffer, frameIndex + bits.at());
            case ASCII_HEX -> readDigits(buffer, frameIndex + bits.at(), 16);
            case ASCII_DECIMAL -> readDigits(buffer, frameIndex + bits.at(), 10);
            case VARINT, STAGED -> throw new IllegalStateException("grows");
        };
    }

    void write(ByteBuf buffer, int frameIndex, long value) {
        switch (encoding) {
            case BINARY -> bits.write(buffer, frameIndex, value);
            case BCD -> writeBcd(buffer, frameIndex + bits.at(), value);
            case ASCII_HEX -> writeDigits(buffer, frameIndex + bits.at(), value, 16);
            case ASCII_DECIMAL -> writeDigits(buffer, frameIndex + bits.at(), value, 10);
            case VARINT, STAGED -> throw new IllegalStateException("grows");
        }
    }

    private long readBcd(ByteBuf buffer, int index) {
        long value = 0;
        for (int i = 0; i < bits.size(); i++) {
            int pair = buffer.getUnsignedByte(index + position(i));
            if (pair >>> 4 > 9 || (pair & 15) > 9) {
                return MALFORMED;
            }
            value = 100 * value + 10L * (pair >>> 4) + (pair & 15);
        }
        return value;
    }

    private void writeBcd(ByteBuf buffer, int index, long value) {
        long rest = value;
        for (int i = bits.size() - 1; i >= 0; i--) {
            int pair = (int) (rest % 100);
            buffer.setByte(index + position(i), (pair / 10) << 4 | pair % 10);
            rest /= 100;
        }
    }

    private long readDigits(ByteBuf buffer, int index, int radix) {
        long value = 0;
        for (int i = 0; i < bits.size(); i++) {
            int digit = digit(buffer.getUnsignedByte(index + position(i)), radix);
            if (digit < 0) {
                return MALFORMED;
            }
            value = radix * value + digit;
        }
        return value;
    }

    private void writeDigits(ByteBuf buffer, int index, long value, int radix) {
        long rest = value;
        for (int i = bits.size() - 1; i >= 0; i--) {
            buffer.setByte(index + position(i), character((int) (rest % radix)));
            rest /= radix;
        }
    }

    /** What an ASCII character is worth as a digit, or −1. */
    static int digit(int character, int radix) {
        return character < 0x80 ? Character.digit(character, radix) : -1;
    }

    /** The ASCII character of a digit. */
    static int character(int digit) {
        return digit < 10 ? '0' + digit : 'A' + digit - 10;
    }

    private int position(int significance) {
        return bits.endian() == Endian.BIG ? significance : bits.size() - 1 - significance;
    }

    private static long power(long base, int exponent) {
        long result = 1;
        for (int i = 0; i < exponent; i++) {
            result *= base;
        }
        return result;
    }
}
