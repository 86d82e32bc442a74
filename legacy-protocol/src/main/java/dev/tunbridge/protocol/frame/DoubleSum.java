package dev.tunbridge.protocol.frame;

import io.netty.buffer.ByteBuf;

/** The sum of the bytes and the sum of its values on the way, as Fletcher and Adler have it. */
final class DoubleSum extends Checksum {
    /** So many bytes add less than 2^63 to the second sum, whatever the modulus. */
    private static final int BYTES_PER_MODULO = 1 << 20;

    private final ChecksumAlgorithm.Fletcher algorithm;

    DoubleSum(ChecksumAlgorithm.Fletcher algorithm) {
        this.algorithm = algorithm;
    }

    @Override
    public long compute(ByteBuf buffer, int index, int length) {
        long sum = algorithm.init();
        long sumOfSums = 0;
        int end = index + length;
        for (int at = index; at < end; ) {
            int blockEnd = at + Math.min(BYTES_PER_MODULO, end - at);
            for (; at < blockEnd; at++) {
                sum += buffer.getUnsignedByte(at);
                sumOfSums += sum;
            }
            sum %= algorithm.modulus();
            sumOfSums %= algorithm.modulus();
        }
        return algorithm.joined(sum, sumOfSums);
    }
}
