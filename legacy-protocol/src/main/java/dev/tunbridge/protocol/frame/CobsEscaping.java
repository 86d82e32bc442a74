package dev.tunbridge.protocol.frame;

import io.netty.buffer.ByteBuf;

/**
 * Consistent overhead byte stuffing (S. Cheshire and M. Baker, 1999): content in blocks of a code byte n and n − 1 bytes
 * that are not zero, where every block but the last and those of code FF stands for a zero at its end; then a zero.
 */
final class CobsEscaping implements Escaping {
    static final Escaping COBS = new CobsEscaping();

    private static final int FULL_BLOCK = 0xFF;

    private CobsEscaping() {}

    @Override
    public void escape(ByteBuf content, int index, int length, ByteBuf out) {
        out.ensureWritable(maxWireBytes(length));
        int end = index + length;
        int at = index;
        while (true) {
            int blockLimit = Math.min(end, at + FULL_BLOCK - 1);
            int zero = content.indexOf(at, blockLimit, (byte) 0);
            int blockEnd = zero < 0 ? blockLimit : zero;
            out.writeByte(blockEnd - at + 1);
            out.writeBytes(content, at, blockEnd - at);
            boolean full = blockEnd - at == FULL_BLOCK - 1;
            at = full ? blockEnd : blockEnd + 1;
            // A zero at the very end still needs the empty block that stands behind it.
            if (full ? at >= end : at > end) {
                break;
            }
        }
        out.writeByte(0);
    }

    @Override
    public int unescape(ByteBuf in, int index, int limit, ByteBuf out, int maxContentBytes) {
        int longestEnd = index + maxWireBytes(maxContentBytes) - 1;
        int end = in.indexOf(index, Math.min(limit, longestEnd + 1), (byte) 0);
        if (end < 0) {
            return limit > longestEnd ? BadFrame.LENGTH.dead() : UNDECIDED;
        }
        int at = index;
        while (at < end) {
            int code = in.getUnsignedByte(at);
            int next = at + code;
            if (next > end) {
                return BadFrame.ESCAPE.dead();
            }
            out.writeBytes(in, at + 1, code - 1);
            if (code != FULL_BLOCK && next < end) {
                out.writeByte(0);
            }
            at = next;
        }
        return end + 1;
    }

    @Override
    public int skipFill(ByteBuf in, int from, int limit) {
        return Delimiter.skip(0, in, from, limit);
    }

    @Override
    public int nextStart(ByteBuf in, int from, int limit) {
        return Delimiter.next(0, in, from, limit);
    }

    @Override
    public boolean hasCertainBoundaries() {
        return true;
    }

    @Override
    public int maxWireBytes(int contentBytes) {
        return contentBytes + contentBytes / (FULL_BLOCK - 1) + 2;
    }

    @Override
    public int overheadBytes() {
        return 2;
    }
}
