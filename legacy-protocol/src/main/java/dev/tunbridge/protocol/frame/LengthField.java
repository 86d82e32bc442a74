package dev.tunbridge.protocol.frame;

import io.netty.buffer.ByteBuf;

/** The field that says how long a frame is. On the wire stands what it counts, plus {@code adjust}. */
public record LengthField(Encoding encoding, BitField bits, Counts counts, int adjust) {
    static final int MALFORMED = -1;

    /** How the number is written. */
    public enum Encoding {
        BINARY,
        BCD,
        ASCII_HEX
    }

    /** Which bytes are counted. */
    public enum Counts {
        PAYLOAD,
        ALL,
        AFTER_LENGTH
    }

    long maxValue() {
        return switch (encoding) {
            case BINARY -> bits.mask();
            case BCD -> power(100, bits.size()) - 1;
            case ASCII_HEX -> power(16, bits.size()) - 1;
        };
    }

    /** The number on the wire, or {@link #MALFORMED} where the digits are none. */
    long read(ByteBuf buffer, int frameIndex) {
        return switch (encoding) {
            case BINARY -> bits.read(buffer, frameIndex);
            case BCD -> readBcd(buffer, frameIndex + bits.at());
            case ASCII_HEX -> readAsciiHex(buffer, frameIndex + bits.at());
        };
    }

    void write(ByteBuf buffer, int frameIndex, long value) {
        switch (encoding) {
            case BINARY -> bits.write(buffer, frameIndex, value);
            case BCD -> writeBcd(buffer, frameIndex + bits.at(), value);
            case ASCII_HEX -> writeAsciiHex(buffer, frameIndex + bits.at(), value);
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

    private long readAsciiHex(ByteBuf buffer, int index) {
        long value = 0;
        for (int i = 0; i < bits.size(); i++) {
            int character = buffer.getUnsignedByte(index + position(i));
            int digit = character < 0x80 ? Character.digit(character, 16) : -1;
            if (digit < 0) {
                return MALFORMED;
            }
            value = value << 4 | digit;
        }
        return value;
    }

    private void writeAsciiHex(ByteBuf buffer, int index, long value) {
        for (int i = 0; i < bits.size(); i++) {
            int digit = (int) (value >>> (4 * (bits.size() - 1 - i))) & 15;
            buffer.setByte(index + position(i), digit < 10 ? '0' + digit : 'A' + digit - 10);
        }
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
