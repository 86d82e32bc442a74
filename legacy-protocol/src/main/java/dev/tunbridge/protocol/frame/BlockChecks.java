package dev.tunbridge.protocol.frame;

import io.netty.buffer.ByteBuf;
import java.util.function.Function;

/**
 * A check behind each block of a payload, whose last block may be shorter (DNP3, IEEE 1815). What the length says does not
 * count them.
 *
 * <pre>
 *   | block | check | block | check | rest | check |
 * </pre>
 */
final class BlockChecks {
    private final int blockBytes;
    private final int sizeBytes;
    private final Endian endian;
    private final Checksum checksum;

    BlockChecks(Check check, Function<ChecksumAlgorithm, Checksum> newChecksum) {
        this.blockBytes = check.every();
        this.sizeBytes = check.sizeBytes();
        this.endian = check.endian();
        this.checksum = newChecksum.apply(check.algorithm());
    }

    /** The bytes that checks add to a payload of so many. */
    int bytes(int payloadBytes) {
        return bytes(payloadBytes, blockBytes, sizeBytes);
    }

    static int bytes(int payloadBytes, int blockBytes, int sizeBytes) {
        return (payloadBytes + blockBytes - 1) / blockBytes * sizeBytes;
    }

    /** Whether all checks of the payload that begins at the index of the wire are right. */
    boolean match(ByteBuf wire, int index, int payloadBytes) {
        int at = index;
        for (int left = payloadBytes; left > 0; left -= blockBytes) {
            int block = Math.min(left, blockBytes);
            if (BitField.readRaw(wire, at + block, sizeBytes, endian) != checksum.compute(wire, at, block)) {
                return false;
            }
            at += block + sizeBytes;
        }
        return true;
    }

    /** Appends the payload alone. */
    void strip(ByteBuf wire, int index, int payloadBytes, ByteBuf out) {
        int at = index;
        for (int left = payloadBytes; left > 0; left -= blockBytes) {
            int block = Math.min(left, blockBytes);
            out.writeBytes(wire, at, block);
            at += block + sizeBytes;
        }
    }

    /** Appends the payload with its checks. */
    void write(ByteBuf payload, int index, int payloadBytes, ByteBuf out) {
        int at = index;
        for (int left = payloadBytes; left > 0; left -= blockBytes) {
            int block = Math.min(left, blockBytes);
            long value = checksum.compute(payload, at, block);
            out.writeBytes(payload, at, block);
            int checkIndex = out.writerIndex();
            out.writeZero(sizeBytes);
            BitField.writeRaw(out, checkIndex, sizeBytes, endian, value);
            at += block;
        }
    }
}
