package dev.tunbridge.protocol.frame;

import io.netty.buffer.ByteBuf;

/**
 * An unsigned number of {@code bits} bits inside {@code size} bytes of the header, {@code shift} bits above the least
 * significant one, so that flags may share bytes with a length.
 *
 * @param at bytes from the start of the frame
 */
public record BitField(int at, int size, Endian endian, int shift, int bits) {

    static BitField wholeBytes(int at, int size, Endian endian) {
        return new BitField(at, size, endian, 0, 8 * size);
    }

    /** The same field at another place. */
    static BitField within(BitField field, int at) {
        return new BitField(at, field.size, field.endian, field.shift, field.bits);
    }

    int end() {
        return at + size;
    }

    long mask() {
        return bits == Long.SIZE ? -1L : (1L << bits) - 1;
    }

    boolean holds(long value) {
        return (value & ~mask()) == 0;
    }

    long read(ByteBuf buffer, int frameIndex) {
        return (raw(buffer, frameIndex + at) >>> shift) & mask();
    }

    /** Replaces these bits and leaves those of fields that share the bytes. */
    void write(ByteBuf buffer, int frameIndex, long value) {
        int index = frameIndex + at;
        long keep = bits == 8 * size ? 0 : raw(buffer, index) & ~(mask() << shift);
        writeRaw(buffer, index, size, endian, keep | (value & mask()) << shift);
    }

    private long raw(ByteBuf buffer, int index) {
        return readRaw(buffer, index, size, endian);
    }

    static long readRaw(ByteBuf buffer, int index, int size, Endian endian) {
        if (size == 1) {
            return buffer.getUnsignedByte(index);
        }
        if (size == 2) {
            return endian == Endian.BIG ? buffer.getUnsignedShort(index) : buffer.getUnsignedShortLE(index);
        }
        long raw = 0;
        for (int i = 0; i < size; i++) {
            int position = endian == Endian.BIG ? i : size - 1 - i;
            raw = raw << 8 | buffer.getUnsignedByte(index + position);
        }
        return raw;
    }

    static void writeRaw(ByteBuf buffer, int index, int size, Endian endian, long raw) {
        if (size == 2) {
            int value = (int) raw;
            buffer.setShort(index, endian == Endian.BIG ? value : Short.reverseBytes((short) value));
            return;
        }
        for (int i = 0; i < size; i++) {
            int position = endian == Endian.BIG ? size - 1 - i : i;
            buffer.setByte(index + position, (int) (raw >>> (8 * i)));
        }
    }

    /** The bits of the frame that this field occupies, for finding overlaps: bit 0 is the lowest of byte 0. */
    int frameBit(int bit) {
        int significance = (shift + bit) / 8;
        int position = endian == Endian.BIG ? size - 1 - significance : significance;
        return 8 * (at + position) + (shift + bit) % 8;
    }
}
