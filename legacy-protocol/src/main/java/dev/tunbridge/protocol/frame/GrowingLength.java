package dev.tunbridge.protocol.frame;

import io.netty.buffer.ByteBuf;

/**
 * A length that takes more bytes the greater it is, so that the payload begins wherever it ends. It is the last of the header. Without
 * state, so that all share it.
 *
 * <pre>
 *   varint, least first   1nnnnnnn 1nnnnnnn 0nnnnnnn      seven bits a byte while the highest is set (MQTT 3.1.1, 2.2.3); or the
 *                                                         greatest first
 *   staged                ..nnnnnn [16 or 64 bits]        its own bits; the two greatest values say that two or eight bytes
 *                                                         follow instead (RFC 6455, 5.2)
 *   text                  "1f" CR LF                      digits up to what closes them (RFC 9112, 7.1)
 * </pre>
 */
sealed interface GrowingLength {
    /** What {@link #sizeBytes} answers where it does not end before the limit, but may behind it. */
    int UNDECIDED = 0;
    /** What it answers where the bytes are no such length. */
    int MALFORMED = -1;

    /** The bytes that the length at the index takes, {@link #UNDECIDED} or {@link #MALFORMED}. */
    int sizeBytes(ByteBuf buffer, int index, int limit);

    /** The number that stands at the index, whose size is known; never negative. */
    long read(ByteBuf buffer, int index);

    /** The bytes that it is written in. */
    int sizeOf(long value);

    /** Writes it where room of its size has been made, of which only the first byte may hold bits of others. */
    void write(ByteBuf buffer, int index, long value);

    /** The bytes that it takes at least. */
    int leastBytes();

    /** The bytes that it takes at most, however a peer may write it. */
    int mostBytes();

    /** The greatest that it can say. */
    long maxValue();

    /** How likely random bytes are a length of no more than this. */
    double chance(long most);

    static GrowingLength of(LengthField field) {
        BitField bits = field.bits();
        return switch (field.encoding()) {
            case VARINT -> new Varint(bits.size(), bits.endian() == Endian.LITTLE);
            case STAGED -> new Staged(BitField.within(bits, 0), bits.endian());
            default ->
                new Digits(field.encoding() == LengthField.Encoding.ASCII_HEX ? 16 : 10, bits.size(), field.until());
        };
    }

    /** Seven bits a byte. A greater size than is needed is read too: some senders leave room before they know the number. */
    record Varint(int sizeBytes, boolean isLeastFirst) implements GrowingLength {
        private static final int MORE = 0x80;

        @Override
        public int sizeBytes(ByteBuf buffer, int index, int limit) {
            for (int i = 0; i < sizeBytes; i++) {
                if (index + i >= limit) {
                    return UNDECIDED;
                }
                if ((buffer.getByte(index + i) & MORE) == 0) {
                    return i + 1;
                }
            }
            return MALFORMED;
        }

        @Override
        public long read(ByteBuf buffer, int index) {
            long value = 0;
            for (int i = 0; ; i++) {
                int next = buffer.getUnsignedByte(index + i);
                long group = next & ~MORE;
                value = isLeastFirst ? value | (group << (7 * i)) : (value << 7) | group;
                if ((next & MORE) == 0) {
                    return value;
                }
            }
        }

        @Override
        public int sizeOf(long value) {
            return Math.max(1, (Long.SIZE - Long.numberOfLeadingZeros(value) + 6) / 7);
        }

        @Override
        public void write(ByteBuf buffer, int index, long value) {
            int size = sizeOf(value);
            for (int i = 0; i < size; i++) {
                int shift = 7 * (isLeastFirst ? i : size - 1 - i);
                buffer.setByte(index + i, ((int) (value >>> shift) & ~MORE) | (i + 1 < size ? MORE : 0));
            }
        }

        @Override
        public int leastBytes() {
            return 1;
        }

        @Override
        public int mostBytes() {
            return sizeBytes;
        }

        @Override
        public long maxValue() {
            return (1L << (7 * sizeBytes)) - 1;
        }

        @Override
        public double chance(long most) {
            double chance = 0;
            for (int size = 1; size <= sizeBytes; size++) {
                chance += Math.pow(2, -size) * Math.min(1, (most + 1) / Math.pow(128, size));
            }
            return chance;
        }
    }

    /** The fewest bytes are demanded, as RFC 6455 does: then there is one way only to write a length. */
    record Staged(BitField first, Endian endian) implements GrowingLength {
        private static final long GREATEST_OF_TWO = 0xFFFF;

        @Override
        public int sizeBytes(ByteBuf buffer, int index, int limit) {
            if (index >= limit) {
                return UNDECIDED;
            }
            int size = 1 + following(first.read(buffer, index));
            if (size == 1) {
                return 1;
            }
            if (limit - index < size) {
                return UNDECIDED;
            }
            long value = BitField.readRaw(buffer, index + 1, size - 1, endian);
            return value >= 0 && sizeOf(value) == size ? size : MALFORMED;
        }

        private int following(long stage) {
            return stage < first.mask() - 1 ? 0 : stage < first.mask() ? 2 : 8;
        }

        @Override
        public long read(ByteBuf buffer, int index) {
            long stage = first.read(buffer, index);
            int following = following(stage);
            return following == 0 ? stage : BitField.readRaw(buffer, index + 1, following, endian);
        }

        @Override
        public int sizeOf(long value) {
            return value < first.mask() - 1 ? 1 : value <= GREATEST_OF_TWO ? 3 : 9;
        }

        @Override
        public void write(ByteBuf buffer, int index, long value) {
            int size = sizeOf(value);
            first.write(buffer, index, size == 1 ? value : size == 3 ? first.mask() - 1 : first.mask());
            if (size > 1) {
                BitField.writeRaw(buffer, index + 1, size - 1, endian, value);
            }
        }

        @Override
        public int leastBytes() {
            return 1;
        }

        @Override
        public int mostBytes() {
            return 9; // a peer may begin one of eight bytes, whatever it says in the end
        }

        @Override
        public long maxValue() {
            return Long.MAX_VALUE;
        }

        @Override
        public double chance(long most) {
            double values = first.mask() + 1.0;
            return Math.min(values - 2, (double) (most + 1)) / values + Math.min(1, (most + 1) / 65_536.0) / values;
        }
    }

    /** Digits of the radix up to the closing bytes, which begin with no digit. Zeros may stand in front. */
    record Digits(int radix, int most, BytePattern until) implements GrowingLength {
        @Override
        public int sizeBytes(ByteBuf buffer, int index, int limit) {
            int digits = 0;
            while (digits < most && index + digits < limit && digit(buffer, index + digits) >= 0) {
                digits++;
            }
            int end = index + digits;
            int there = Math.min(until.sizeBytes(), limit - end);
            if (there <= 0) {
                return UNDECIDED;
            }
            if (digits == 0 || !until.matches(buffer, end, there)) {
                return MALFORMED;
            }
            return there == until.sizeBytes() ? digits + there : UNDECIDED;
        }

        private int digit(ByteBuf buffer, int index) {
            return LengthField.digit(buffer.getUnsignedByte(index), radix);
        }

        @Override
        public long read(ByteBuf buffer, int index) {
            long value = 0;
            for (int i = 0; i < most; i++) {
                int digit = digit(buffer, index + i);
                if (digit < 0) {
                    break;
                }
                value = radix * value + digit;
            }
            return value;
        }

        private int digitsOf(long value) {
            int digits = 1;
            for (long rest = value / radix; rest > 0; rest /= radix) {
                digits++;
            }
            return digits;
        }

        @Override
        public int sizeOf(long value) {
            return digitsOf(value) + until.sizeBytes();
        }

        @Override
        public void write(ByteBuf buffer, int index, long value) {
            int digits = digitsOf(value);
            long rest = value;
            for (int i = digits - 1; i >= 0; i--) {
                buffer.setByte(index + i, LengthField.character((int) (rest % radix)));
                rest /= radix;
            }
            for (int i = 0; i < until.sizeBytes(); i++) {
                buffer.setByte(index + digits + i, until.byteAt(i));
            }
        }

        @Override
        public int leastBytes() {
            return 1 + until.sizeBytes();
        }

        @Override
        public int mostBytes() {
            return most + until.sizeBytes();
        }

        @Override
        public long maxValue() {
            return (long) Math.pow(radix, most) - 1;
        }

        @Override
        public double chance(long mostValue) {
            double digit = (radix == 16 ? 22 : 10) / 256.0;
            double chance = 0;
            for (int digits = 1; digits <= most; digits++) {
                chance += Math.pow(digit, digits) * Math.min(1, (mostValue + 1) / Math.pow(radix, digits));
            }
            return chance * Math.pow(2, -until.significantBits());
        }
    }
}
