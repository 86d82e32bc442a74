package dev.tunbridge.protocol.frame;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;

/**
 * The stuffing of HDLC (RFC 1662, section 4) and SLIP (RFC 1055): a delimiter on both sides of the content, and an escape
 * byte with a substitute for each delimiter and escape byte inside. Neighbours may share a delimiter.
 */
final class ByteStuffing implements Escaping {
    static final Escaping HDLC = hdlc();
    static final Escaping SLIP = slip();

    private static final int NO_BYTE = -1;
    private static final long EACH_BYTE = 0x0101_0101_0101_0101L;

    private final int delimiter;
    private final int escape;
    /** What stands behind the escape byte for a content byte, and back; {@link #NO_BYTE} where nothing may. */
    private final int[] substitutes = new int[256];

    private final int[] originals = new int[256];

    private ByteStuffing(int delimiter, int escape) {
        this.delimiter = delimiter;
        this.escape = escape;
        Arrays.fill(originals, NO_BYTE);
        Arrays.fill(substitutes, NO_BYTE);
    }

    private static ByteStuffing hdlc() {
        ByteStuffing hdlc = new ByteStuffing(0x7E, 0x7D);
        // A sender may escape any byte, for links that eat control characters.
        for (int b = 0; b < 256; b++) {
            hdlc.originals[b] = b ^ 0x20;
        }
        hdlc.substitutes[0x7E] = 0x5E;
        hdlc.substitutes[0x7D] = 0x5D;
        return hdlc;
    }

    private static ByteStuffing slip() {
        ByteStuffing slip = new ByteStuffing(0xC0, 0xDB);
        slip.substitutes[0xC0] = 0xDC;
        slip.substitutes[0xDB] = 0xDD;
        slip.originals[0xDC] = 0xC0;
        slip.originals[0xDD] = 0xDB;
        return slip;
    }

    @Override
    public void escape(ByteBuf content, int index, int length, ByteBuf out) {
        out.ensureWritable(maxWireBytes(length));
        out.writeByte(delimiter);
        escapeBehind(content, index, length, out);
    }

    @Override
    public void escapeBehind(ByteBuf content, int index, int length, ByteBuf out) {
        out.ensureWritable(maxWireBytes(length));
        int runStart = index;
        int end = index + length;
        int at = index;
        while (at < end) {
            if (end - at >= Long.BYTES && !needsEscape(content.getLong(at))) {
                at += Long.BYTES;
                continue;
            }
            int substitute = substitutes[content.getUnsignedByte(at)];
            if (substitute != NO_BYTE) {
                out.writeBytes(content, runStart, at - runStart);
                out.writeByte(escape);
                out.writeByte(substitute);
                runStart = at + 1;
            }
            at++;
        }
        out.writeBytes(content, runStart, end - runStart);
        out.writeByte(delimiter);
    }

    private boolean needsEscape(long eightBytes) {
        return hasZeroByte(eightBytes ^ (delimiter * EACH_BYTE)) || hasZeroByte(eightBytes ^ (escape * EACH_BYTE));
    }

    /** Exact: a borrow can only come out of a byte that is zero itself (S. Anderson, Bit Twiddling Hacks). */
    private static boolean hasZeroByte(long word) {
        return ((word - EACH_BYTE) & ~word & (EACH_BYTE << 7)) != 0;
    }

    @Override
    public int unescape(ByteBuf in, int index, int limit, ByteBuf out, int maxContentBytes) {
        int longestEnd = index + 2 * maxContentBytes;
        int end = in.indexOf(index, Math.min(limit, longestEnd + 1), (byte) delimiter);
        if (end < 0) {
            return limit > longestEnd ? BadFrame.LENGTH.dead() : UNDECIDED;
        }
        int at = index;
        while (at < end) {
            int escapeAt = in.indexOf(at, end, (byte) escape);
            int runEnd = escapeAt < 0 ? end : escapeAt;
            out.writeBytes(in, at, runEnd - at);
            if (escapeAt < 0) {
                break;
            }
            int original = runEnd + 1 < end ? originals[in.getUnsignedByte(runEnd + 1)] : NO_BYTE;
            if (original == NO_BYTE) {
                return BadFrame.ESCAPE.dead();
            }
            out.writeByte(original);
            at = runEnd + 2;
        }
        return end + 1;
    }

    @Override
    public int skipFill(ByteBuf in, int from, int limit) {
        return Delimiter.skip(delimiter, in, from, limit);
    }

    @Override
    public int nextStart(ByteBuf in, int from, int limit) {
        return Delimiter.next(delimiter, in, from, limit);
    }

    @Override
    public boolean hasCertainBoundaries() {
        return true;
    }

    @Override
    public int maxWireBytes(int contentBytes) {
        return 2 * contentBytes + 2;
    }

    @Override
    public int overheadBytes() {
        return 2;
    }
}
