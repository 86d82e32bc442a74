package dev.tunbridge.protocol.frame;

import io.netty.buffer.ByteBuf;

/**
 * One byte that ends each frame, and stands nowhere else: a line feed, a zero. Nothing is escaped, so not every content can be
 * written. More of them between two frames are idle fill.
 */
final class EndMark implements Escaping {
    /** Without state, so that asking a format for its own costs nothing. */
    private static final EndMark[] OF_BYTE = new EndMark[256];

    static {
        for (int mark = 0; mark < OF_BYTE.length; mark++) {
            OF_BYTE[mark] = new EndMark(mark);
        }
    }

    private final int mark;

    private EndMark(int mark) {
        this.mark = mark;
    }

    static Escaping of(int mark) {
        return OF_BYTE[mark];
    }

    @Override
    public int forbiddenAt(ByteBuf content, int index, int length) {
        return content.indexOf(index, index + length, (byte) mark);
    }

    @Override
    public void escape(ByteBuf content, int index, int length, ByteBuf out) {
        out.ensureWritable(maxWireBytes(length));
        out.writeBytes(content, index, length);
        out.writeByte(mark);
    }

    @Override
    public int unescape(ByteBuf in, int index, int limit, ByteBuf out, int maxContentBytes) {
        int longestEnd = index + maxContentBytes;
        int end = in.indexOf(index, Math.min(limit, longestEnd + 1), (byte) mark);
        if (end < 0) {
            return limit > longestEnd ? BadFrame.LENGTH.dead() : UNDECIDED;
        }
        out.writeBytes(in, index, end - index);
        return end + 1;
    }

    @Override
    public int skipFill(ByteBuf in, int from, int limit) {
        return Delimiter.skip(mark, in, from, limit);
    }

    @Override
    public int nextStart(ByteBuf in, int from, int limit) {
        return Delimiter.next(mark, in, from, limit);
    }

    @Override
    public boolean hasCertainBoundaries() {
        return true;
    }

    @Override
    public int maxWireBytes(int contentBytes) {
        return contentBytes + 1;
    }

    @Override
    public int overheadBytes() {
        return 1;
    }
}
