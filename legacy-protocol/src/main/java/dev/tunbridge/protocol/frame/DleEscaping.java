package dev.tunbridge.protocol.frame;

import io.netty.buffer.ByteBuf;

/** Transparent mode as in BISYNC: DLE STX, content with every DLE doubled, DLE ETX. */
final class DleEscaping implements Escaping {
    static final Escaping DLE = new DleEscaping();

    private static final int STX = 0x02;
    private static final int ETX = 0x03;
    private static final int MARK = 0x10;

    private DleEscaping() {}

    @Override
    public void escape(ByteBuf content, int index, int length, ByteBuf out) {
        out.ensureWritable(maxWireBytes(length));
        out.writeByte(MARK);
        out.writeByte(STX);
        int at = index;
        int end = index + length;
        while (at < end) {
            int dle = content.indexOf(at, end, (byte) MARK);
            int runEnd = dle < 0 ? end : dle + 1;
            out.writeBytes(content, at, runEnd - at);
            if (dle >= 0) {
                out.writeByte(MARK);
            }
            at = runEnd;
        }
        out.writeByte(MARK);
        out.writeByte(ETX);
    }

    @Override
    public int unescape(ByteBuf in, int index, int limit, ByteBuf out, int maxContentBytes) {
        if (index < limit && in.getUnsignedByte(index) != MARK) {
            return BadFrame.SYNC.dead();
        }
        if (limit - index < 2) {
            return UNDECIDED;
        }
        if (in.getUnsignedByte(index + 1) != STX) {
            return BadFrame.SYNC.dead();
        }
        int at = index + 2;
        int room = maxContentBytes;
        while (true) {
            int runLimit = Math.min(limit, at + room + 1);
            int dle = in.indexOf(at, runLimit, (byte) MARK);
            int runEnd = dle < 0 ? runLimit : dle;
            if (runEnd - at > room) {
                return BadFrame.LENGTH.dead();
            }
            out.writeBytes(in, at, runEnd - at);
            room -= runEnd - at;
            if (runEnd + 1 >= limit) {
                return UNDECIDED;
            }
            int second = in.getUnsignedByte(runEnd + 1);
            at = runEnd + 2;
            if (second == ETX) {
                return at;
            }
            if (second != MARK) {
                return BadFrame.ESCAPE.dead();
            }
            if (room == 0) {
                return BadFrame.LENGTH.dead();
            }
            out.writeByte(MARK);
            room--;
        }
    }

    @Override
    public int skipFill(ByteBuf in, int from, int limit) {
        return from;
    }

    @Override
    public int nextStart(ByteBuf in, int from, int limit) {
        int at = from;
        while (at < limit) {
            int dle = in.indexOf(at, limit, (byte) MARK);
            if (dle < 0) {
                return limit;
            }
            if (dle + 1 == limit || in.getUnsignedByte(dle + 1) == STX) {
                return dle;
            }
            at = dle + 1;
        }
        return limit;
    }

    @Override
    public boolean hasCertainBoundaries() {
        return true;
    }

    /**
     * A mark and STX behind an even number of marks, none of them unseen: inside a frame marks come in pairs, and what
     * is no mark ends every pair.
     */
    @Override
    public int certainBoundary(ByteBuf in, int from, int limit) {
        int at = Delimiter.skip(MARK, in, from, limit); // how many came before these is not known
        while (at < limit) {
            int first = in.indexOf(at, limit, (byte) MARK);
            if (first < 0) {
                return limit;
            }
            at = Delimiter.skip(MARK, in, first, limit);
            if (at < limit && (at - first) % 2 == 1 && in.getUnsignedByte(at) == STX) {
                return at - 1;
            }
        }
        return limit;
    }

    @Override
    public int maxWireBytes(int contentBytes) {
        return 2 * contentBytes + 4;
    }

    @Override
    public int overheadBytes() {
        return 4;
    }
}
