package dev.tunbridge.protocol.frame;

import io.netty.buffer.ByteBuf;

/** Adds the bytes up, eight at a time in four lanes of 16 bits. */
final class ByteSum extends Checksum {
    private static final long EVEN_BYTES = 0x00FF_00FF_00FF_00FFL;
    /** Each round adds at most 2 × 255 to a lane of 16 bits, so 128 rounds fit. */
    private static final int ROUNDS_PER_FOLD = 128;

    private final ChecksumAlgorithm.Sum algorithm;

    ByteSum(ChecksumAlgorithm.Sum algorithm) {
        this.algorithm = algorithm;
    }

    @Override
    public long compute(ByteBuf buffer, int index, int length) {
        long sum = algorithm.init();
        int at = index;
        int end = index + length;
        while (end - at >= Long.BYTES) {
            int roundsEnd = at + Long.BYTES * Math.min(ROUNDS_PER_FOLD, (end - at) / Long.BYTES);
            long lanes = 0;
            for (; at < roundsEnd; at += Long.BYTES) {
                long bytes = buffer.getLong(at);
                lanes += (bytes & EVEN_BYTES) + (bytes >>> 8 & EVEN_BYTES);
            }
            sum += (lanes & 0xffff) + (lanes >>> 16 & 0xffff) + (lanes >>> 32 & 0xffff) + (lanes >>> 48);
        }
        for (; at < end; at++) {
            sum += buffer.getUnsignedByte(at);
        }
        return algorithm.complemented(sum);
    }
}
