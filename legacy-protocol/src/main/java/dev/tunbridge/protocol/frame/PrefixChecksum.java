package dev.tunbridge.protocol.frame;

import dev.tunbridge.protocol.frame.ChecksumAlgorithm.Crc;
import dev.tunbridge.protocol.frame.ChecksumAlgorithm.Fletcher;
import dev.tunbridge.protocol.frame.ChecksumAlgorithm.Sum;
import dev.tunbridge.protocol.frame.ChecksumAlgorithm.Xor;
import io.netty.buffer.ByteBuf;

/**
 * Checksums of many overlapping ranges of one buffer, for a scan that asks at rising indexes: each byte is read once, and
 * each range costs the same whatever its length. Without this a stream full of false headers, which a client may well
 * choose to send, costs a maximum frame length for each of its bytes.
 *
 * <p>With P(i) the register after the bytes from the scan's start to before i, the range [a, b) from an initial register r
 * leaves P(b) + x^(8(b−a)) · (P(a) + r): a CRC is linear over GF(2). For a sum the powers are 1.
 */
final class PrefixChecksum extends Checksum {
    private final Register register;
    private final int[] prefixes;
    private final int mask;
    private int computedTo;

    /** The arithmetic of one algorithm. */
    private sealed interface Register {
        int afterByte(int register, int value);

        long ofRange(int prefixBefore, int prefixAfter, int lengthBytes);
    }

    /**
     * @param maxRangeBytes no range asked for reaches further than this from the place being tried
     */
    PrefixChecksum(ChecksumAlgorithm algorithm, int maxRangeBytes) {
        this.register = register(algorithm, maxRangeBytes);
        // A place and everything up to a maximum frame behind it; earlier places are never asked for again.
        int size = Integer.highestOneBit(maxRangeBytes + 1) << 1;
        this.prefixes = new int[size];
        this.mask = size - 1;
    }

    private static Register register(ChecksumAlgorithm algorithm, int maxRangeBytes) {
        if (algorithm instanceof Crc crc) {
            return new CrcRegister(crc, maxRangeBytes);
        }
        if (algorithm instanceof Sum sum) {
            return new SumRegister(sum);
        }
        return algorithm instanceof Xor xor ? new XorRegister(xor) : new FletcherRegister((Fletcher) algorithm);
    }

    /** Starts a scan of a buffer whose bytes from the index on will not change. */
    void begin(int fromIndex) {
        computedTo = fromIndex;
        prefixes[fromIndex & mask] = 0;
    }

    @Override
    public long compute(ByteBuf buffer, int index, int length) {
        int end = index + length;
        int value = prefixes[computedTo & mask];
        for (; computedTo < end; ) {
            value = register.afterByte(value, buffer.getUnsignedByte(computedTo));
            computedTo++;
            prefixes[computedTo & mask] = value;
        }
        return register.ofRange(prefixes[index & mask], prefixes[end & mask], length);
    }

    private record SumRegister(Sum sum) implements Register {
        @Override
        public int afterByte(int register, int value) {
            return register + value;
        }

        @Override
        public long ofRange(int prefixBefore, int prefixAfter, int lengthBytes) {
            return sum.complemented(sum.init() + (prefixAfter - prefixBefore));
        }
    }

    private record XorRegister(Xor xor) implements Register {
        @Override
        public int afterByte(int register, int value) {
            return register ^ value;
        }

        @Override
        public long ofRange(int prefixBefore, int prefixAfter, int lengthBytes) {
            return xor.init() ^ prefixBefore ^ prefixAfter;
        }
    }

    /**
     * Both sums in one register of 16 bits each. With A and B of the prefixes, a range of n bytes from before to after has the sum
     * init + A' − A and the sum of sums n · (init − A) + B' − B, all modulo the modulus.
     */
    private record FletcherRegister(Fletcher fletcher) implements Register {
        @Override
        public int afterByte(int register, int value) {
            int sum = ((register & 0xffff) + value) % fletcher.modulus();
            int sumOfSums = ((register >>> 16) + sum) % fletcher.modulus();
            return sumOfSums << 16 | sum;
        }

        @Override
        public long ofRange(int prefixBefore, int prefixAfter, int lengthBytes) {
            long before = prefixBefore & 0xffff;
            long sum = fletcher.init() + (prefixAfter & 0xffff) - before;
            long sumOfSums = lengthBytes * (fletcher.init() - before) + (prefixAfter >>> 16) - (prefixBefore >>> 16);
            return fletcher.joined(
                    Math.floorMod(sum, fletcher.modulus()), Math.floorMod(sumOfSums, fletcher.modulus()));
        }
    }

    private static final class CrcRegister implements Register {
        private static final int LOW_BITS = 8;

        private final SlicedCrc crc;
        /** x^(8n) for n below 256, and for n in whole 256s: together every length with one multiplication more. */
        private final int[] lowPowers = new int[1 << LOW_BITS];

        private final int[] highPowers;

        CrcRegister(Crc parameters, int maxRangeBytes) {
            this.crc = new SlicedCrc(parameters);
            this.highPowers = new int[(maxRangeBytes >>> LOW_BITS) + 1];
            lowPowers[0] = crc.one();
            for (int i = 1; i < lowPowers.length; i++) {
                lowPowers[i] = crc.afterByte(lowPowers[i - 1], 0);
            }
            int power256 = crc.afterByte(lowPowers[lowPowers.length - 1], 0);
            highPowers[0] = crc.one();
            for (int i = 1; i < highPowers.length; i++) {
                highPowers[i] = crc.times(highPowers[i - 1], power256);
            }
        }

        @Override
        public int afterByte(int register, int value) {
            return crc.afterByte(register, value);
        }

        @Override
        public long ofRange(int prefixBefore, int prefixAfter, int lengthBytes) {
            int before = prefixBefore ^ crc.initialRegister();
            int shifted = crc.times(before, lowPowers[lengthBytes & ((1 << LOW_BITS) - 1)]);
            return crc.result(prefixAfter ^ crc.times(shifted, highPowers[lengthBytes >>> LOW_BITS]));
        }
    }
}
