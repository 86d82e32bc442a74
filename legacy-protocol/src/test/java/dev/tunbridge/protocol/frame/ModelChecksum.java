package dev.tunbridge.protocol.frame;

import dev.tunbridge.protocol.frame.ChecksumAlgorithm.Crc;
import dev.tunbridge.protocol.frame.ChecksumAlgorithm.Fletcher;
import dev.tunbridge.protocol.frame.ChecksumAlgorithm.Sum;
import dev.tunbridge.protocol.frame.ChecksumAlgorithm.Xor;

/** Checksums as their definition says, a bit or a byte at a time. */
final class ModelChecksum {
    private ModelChecksum() {}

    static long compute(ChecksumAlgorithm algorithm, byte[] bytes, int from, int length) {
        if (algorithm instanceof Crc crc) {
            return crc(crc, bytes, from, length);
        }
        if (algorithm instanceof Sum sum) {
            return sum(sum, bytes, from, length);
        }
        return algorithm instanceof Xor xor
                ? xor(xor, bytes, from, length)
                : fletcher((Fletcher) algorithm, bytes, from, length);
    }

    private static long xor(Xor xor, byte[] bytes, int from, int length) {
        int result = xor.init();
        for (int i = 0; i < length; i++) {
            result ^= bytes[from + i] & 0xff;
        }
        return result;
    }

    private static long fletcher(Fletcher fletcher, byte[] bytes, int from, int length) {
        long first = fletcher.init();
        long second = 0;
        for (int i = 0; i < length; i++) {
            first = (first + (bytes[from + i] & 0xff)) % fletcher.modulus();
            second = (second + first) % fletcher.modulus();
        }
        return (second << (4 * fletcher.sizeBytes())) + first;
    }

    /** The Rocksoft model. */
    private static long crc(Crc crc, byte[] bytes, int from, int length) {
        long mask = (1L << crc.width()) - 1;
        long register = Integer.toUnsignedLong(crc.init());
        for (int i = 0; i < length; i++) {
            int b = bytes[from + i] & 0xff;
            for (int bit = 0; bit < 8; bit++) {
                int in = crc.refin() ? (b >>> bit) & 1 : (b >>> (7 - bit)) & 1;
                long out = (register >>> (crc.width() - 1)) & 1;
                register = (register << 1) & mask;
                if ((out ^ in) == 1) {
                    register ^= Integer.toUnsignedLong(crc.poly());
                }
            }
        }
        if (crc.refout()) {
            register = Long.reverse(register) >>> (64 - crc.width());
        }
        return register ^ Integer.toUnsignedLong(crc.xorout());
    }

    private static long sum(Sum sum, byte[] bytes, int from, int length) {
        long total = sum.init();
        for (int i = 0; i < length; i++) {
            total += bytes[from + i] & 0xff;
        }
        total = switch (sum.complement()) {
            case NONE -> total;
            case ONES -> ~total;
            case TWOS -> -total;
        };
        return total & ((1L << (8 * sum.sizeBytes())) - 1);
    }
}
