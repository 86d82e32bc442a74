package dev.tunbridge.protocol.inference;

import dev.tunbridge.protocol.frame.Endian;
import java.util.OptionalInt;

/**
 * A guess at the length field.
 *
 * @param at bytes from the start of the frame
 * @param bias what a frame is longer than the number in the field
 * @param repeatedAt where it stands once more
 */
record LengthGuess(int at, int size, Endian endian, int shift, int bits, int bias, OptionalInt repeatedAt) {
    /** What {@link #total} answers where the field lies beyond the bytes or says what no frame can be. */
    static final int NO_FRAME = -1;

    private static final int MOST_BYTES = 4;

    /** Longer frames are not looked for. */
    static final int LONGEST_FRAME_BYTES = 1 << 20;

    private static final int MOST_BETWEEN = 4;

    LengthGuess(int at, int size, Endian endian, int shift, int bits, int bias) {
        this(at, size, endian, shift, bits, bias, OptionalInt.empty());
    }

    int end() {
        return at + size;
    }

    /** Where it ends, and its repetition. */
    int lastEnd() {
        return Math.max(end(), repeatedAt.orElse(0) + size);
    }

    /** The same, with the place where all frames say it again, or have said it before; for a length that has many values. */
    LengthGuess repeated(Cut cut) {
        for (int again = Math.max(0, at - size - MOST_BETWEEN); again <= end() + MOST_BETWEEN; again++) {
            boolean isEqual = Math.abs(again - at) >= size
                    && cut.shortest() >= again + size
                    && Column.of(cut, leastPlace()).distinct() > 2;
            for (int frame = 0; frame < cut.frames() && isEqual; frame++) {
                isEqual = raw(cut.bytes, cut.starts[frame] + again, size, endian)
                        == raw(cut.bytes, cut.starts[frame] + at, size, endian);
            }
            if (isEqual) {
                OptionalInt second = OptionalInt.of(Math.max(at, again));
                return new LengthGuess(Math.min(at, again), size, endian, shift, bits, bias, second);
            }
        }
        return this;
    }

    LengthGuess at(int place) {
        return new LengthGuess(place, size, endian, shift, bits, bias);
    }

    LengthGuess bias(int another) {
        return new LengthGuess(at, size, endian, shift, bits, another);
    }

    boolean isWhole() {
        return bits == 8 * size;
    }

    /** With the zeros in front of it, which are its own as far as can be told; reading them so refuses nothing. */
    LengthGuess widened(Cut cut) {
        LengthGuess wide = this;
        while (wide.size < MOST_BYTES
                && wide.isWhole()
                && wide.at > 0
                && (endian == Endian.BIG || size == 1)
                && Column.of(cut, wide.at - 1).isConstant()
                && Column.of(cut, wide.at - 1).first() == 0) {
            wide = new LengthGuess(wide.at - 1, wide.size + 1, Endian.BIG, 0, wide.bits + 8, bias);
        }
        return wide;
    }

    /** Its bits of the byte that it begins in. */
    int bitsInFirstByte() {
        return endian == Endian.BIG ? (int) (mask() << shift >>> (8 * (size - 1))) & 0xff : 0xff;
    }

    /** Whether it shares a byte with others right behind bytes that are always the same. */
    boolean isBehindSyncByte(Cut cut) {
        boolean isBehind = at > 0
                && at < 8
                && bitsInFirstByte() != 0xff
                && Column.of(cut, at).first() > bitsInFirstByte();
        for (int place = 0; isBehind && place < at; place++) {
            isBehind = Column.of(cut, place).isConstant();
        }
        return isBehind;
    }

    long mask() {
        return (1L << bits) - 1;
    }

    /** The place of the least significant byte, counted as {@link #at} is. */
    int leastPlace() {
        return endian == Endian.BIG ? at + size - 1 - shift / 8 : at + shift / 8;
    }

    /** All bytes of the field as one number. */
    static long raw(byte[] bytes, int index, int size, Endian endian) {
        long raw = 0;
        for (int i = 0; i < size; i++) {
            raw = raw << 8 | (bytes[index + (endian == Endian.BIG ? i : size - 1 - i)] & 0xff);
        }
        return raw;
    }

    /** The bytes of the frame whose length field lies at the index. */
    int total(byte[] bytes, int fieldIndex) {
        if (fieldIndex < 0 || fieldIndex > bytes.length - size) {
            return NO_FRAME;
        }
        long total = (raw(bytes, fieldIndex, size, endian) >>> shift & mask()) + bias;
        return total < Math.max(size, 1) || total > LONGEST_FRAME_BYTES ? NO_FRAME : (int) total;
    }
}
