package dev.tunbridge.protocol.frame;

import io.netty.buffer.ByteBuf;

/** Adds the bytes without carry, eight at a time. */
final class ByteXor extends Checksum {
    private final int init;

    ByteXor(int init) {
        this.init = init;
    }

    @Override
    public long compute(ByteBuf buffer, int index, int length) {
        int at = index;
        int end = index + length;
        long lanes = 0;
        for (; end - at >= Long.BYTES; at += Long.BYTES) {
            lanes ^= buffer.getLong(at);
        }
        lanes ^= lanes >>> 32;
        lanes ^= lanes >>> 16;
        long xor = init ^ lanes ^ lanes >>> 8;
        for (; at < end; at++) {
            xor ^= buffer.getUnsignedByte(at);
        }
        return xor & 0xff;
    }
}
