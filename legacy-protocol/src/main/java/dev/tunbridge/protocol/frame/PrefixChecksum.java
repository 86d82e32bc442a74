package dev.tunbridge.protocol.frame;

import dev.tunbridge.protocol.frame.ChecksumAlgorithm.Crc;
import dev.tunbridge.protocol.frame.ChecksumAlgorithm.Sum;
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
        this.register =
                algorithm instanceof Crc crc ? new CrcRegister(crc, maxRangeBytes) : new SumRegister((Sum) algorithm);
        // A place and everything up to a maximum frame behind it; earlier places are never asked for again.
        int size = Integer.highestOneBit(maxRangeBytes + 1) << 1;
        this.prefixes = new int[size];
        this.mask = size - 1;
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
