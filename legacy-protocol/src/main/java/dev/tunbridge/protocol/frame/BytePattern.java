package dev.tunbridge.protocol.frame;

import io.netty.buffer.ByteBuf;

/**
 * Up to eight fixed bytes on the wire, of which the mask says the bits that count. Byte 0 of the pattern is the most
 * significant byte of the {@code sizeBytes} low ones in {@code value}.
 */
public record BytePattern(int sizeBytes, long value, long mask) {
    public static final BytePattern EMPTY = new BytePattern(0, 0, 0);
    public static final int MAX_BYTES = 8;

    public BytePattern {
        if (sizeBytes < 0 || sizeBytes > MAX_BYTES) {
            throw new IllegalArgumentException("a pattern has 0 to 8 bytes, not " + sizeBytes);
        }
        value &= mask;
    }

    /** All bits of these bytes. */
    static BytePattern of(byte[] bytes) {
        long value = 0;
        for (byte next : bytes) {
            value = (value << Byte.SIZE) | (next & 0xff);
        }
        long mask = bytes.length == 0 ? 0 : -1L >>> (Long.SIZE - Byte.SIZE * bytes.length);
        return new BytePattern(bytes.length, value, mask);
    }

    /** What the bits that count are. */
    public int byteAt(int position) {
        return (int) (value >>> shiftOf(position)) & 0xff;
    }

    /** Which bits count. */
    public int maskAt(int position) {
        return (int) (mask >>> shiftOf(position)) & 0xff;
    }

    /** Whether the first {@code bytes} bytes at the index agree with the beginning of the pattern. */
    boolean matches(ByteBuf buffer, int index, int bytes) {
        for (int i = 0; i < bytes; i++) {
            if ((buffer.getByte(index + i) & maskAt(i)) != byteAt(i)) {
                return false;
            }
        }
        return true;
    }

    int significantBits() {
        return Long.bitCount(mask);
    }

    private int shiftOf(int position) {
        return 8 * (sizeBytes - 1 - position);
    }
}
