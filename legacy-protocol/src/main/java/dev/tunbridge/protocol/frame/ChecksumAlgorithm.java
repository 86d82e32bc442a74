package dev.tunbridge.protocol.frame;

/** A checksum as a value; {@link #newChecksum} makes one that computes. */
public sealed interface ChecksumAlgorithm {
    int sizeBytes();

    Checksum newChecksum();

    /**
     * A cyclic redundancy check in the parameters of the Rocksoft model (R. Williams, A Painless Guide to CRC Error
     * Detection Algorithms, 1993), width 8, 16, 24 or 32.
     */
    record Crc(int width, int poly, int init, boolean refin, boolean refout, int xorout) implements ChecksumAlgorithm {
        @Override
        public int sizeBytes() {
            return width / 8;
        }

        @Override
        public Checksum newChecksum() {
            if (equals(CrcCatalogue.CRC_32)) {
                return new IntrinsicCrc(new java.util.zip.CRC32());
            }
            if (equals(CrcCatalogue.CRC_32C)) {
                return new IntrinsicCrc(new java.util.zip.CRC32C());
            }
            return FoldedCrc.of(this);
        }
    }

    /** The sum of all bytes, modulo 256 to the number of bytes, then complemented. */
    record Sum(int sizeBytes, long init, Complement complement) implements ChecksumAlgorithm {
        @Override
        public Checksum newChecksum() {
            return new ByteSum(this);
        }

        long complemented(long sum) {
            long mask = (1L << (8 * sizeBytes)) - 1;
            return switch (complement) {
                case NONE -> sum & mask;
                case ONES -> ~sum & mask;
                case TWOS -> -sum & mask;
            };
        }
    }

    /** All bytes added without carry, as NMEA 0183 and ISO 1155 do. */
    record Xor(int init) implements ChecksumAlgorithm {
        @Override
        public int sizeBytes() {
            return 1;
        }

        @Override
        public Checksum newChecksum() {
            return new ByteXor(init);
        }
    }

    /**
     * A sum of the bytes and a sum of those sums, each modulo the same number; the second stands in the upper half. Fletcher's
     * (RFC 1146) begins at 0 and has a modulus of 255 or 256, Adler's (RFC 1950) at 1 with 65,521.
     */
    record Fletcher(int sizeBytes, int modulus, int init) implements ChecksumAlgorithm {
        static final Fletcher ADLER_32 = new Fletcher(4, 65_521, 1);

        @Override
        public Checksum newChecksum() {
            return new DoubleSum(this);
        }

        long joined(long sum, long sumOfSums) {
            return sumOfSums << (4 * sizeBytes) | sum;
        }
    }

    /** What a sum is turned into before it is written. */
    enum Complement {
        NONE,
        ONES,
        TWOS
    }
}
