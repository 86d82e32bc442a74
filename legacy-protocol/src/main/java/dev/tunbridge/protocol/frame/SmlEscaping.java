package dev.tunbridge.protocol.frame;

import io.netty.buffer.ByteBuf;

/**
 * Transport of SML (BSI TR-03109-1; "Smart Message Language", transport protocol version 1), which has its check in its own marks:
 *
 * <pre>
 *   | 1B 1B 1B 1B | 01 01 01 01 | content, zeros to fill a word | 1B 1B 1B 1B | 1A | fill bytes | CRC-16/X-25 |
 * </pre>
 *
 * Words of four bytes are what is escaped: a word of the content that is 1B 1B 1B 1B is written twice. So four such bytes that lie across
 * two words are no mark, and {@code 1B 1B 1B 1B 01 01 01 01} in a content may look like a start; nothing is certain but by its check.
 */
final class SmlEscaping implements Escaping {
    static final Escaping SML = new SmlEscaping();

    static final int CHECK_BYTES = 2;

    private static final int MARK_BYTE = 0x1B;
    private static final int WORD = Integer.BYTES;
    private static final int MARK = 0x1B1B1B1B;
    private static final int START = 0x01010101;
    private static final int END = 0x1A;
    private static final int START_BYTES = 2 * WORD;
    private static final int END_BYTES = 2 * WORD;

    private final SlicedCrc crc = new SlicedCrc(CrcCatalogue.find("crc16-x25").orElseThrow());

    private SmlEscaping() {}

    @Override
    public void escape(ByteBuf content, int index, int length, ByteBuf out) {
        out.ensureWritable(maxWireBytes(length));
        int begin = out.writerIndex();
        out.writeInt(MARK);
        out.writeInt(START);
        int end = index + length;
        int at = index;
        for (int runStart = index; at < end; ) {
            boolean isMark = end - at >= WORD && content.getInt(at) == MARK;
            at = Math.min(end, at + WORD);
            if (isMark || at == end) {
                out.writeBytes(content, runStart, at - runStart);
                runStart = at;
            }
            if (isMark) {
                out.writeInt(MARK);
            }
        }
        int fill = -length & (WORD - 1);
        out.writeZero(fill);
        out.writeInt(MARK);
        out.writeByte(END);
        out.writeByte(fill);
        out.writeShortLE((int) crc.compute(out, begin, out.writerIndex() - begin));
    }

    @Override
    public int unescape(ByteBuf in, int index, int limit, ByteBuf out, int maxContentBytes) {
        if (!isStart(in, index, limit)) {
            return BadFrame.SYNC.dead();
        }
        int at = index + START_BYTES;
        int room = words(maxContentBytes);
        while (at + WORD <= limit) {
            int runStart = at;
            while (at + WORD <= limit && at - runStart <= room && in.getInt(at) != MARK) {
                at += WORD;
            }
            if (at - runStart > room) {
                return BadFrame.LENGTH.dead();
            }
            out.writeBytes(in, runStart, at - runStart);
            room -= at - runStart;
            if (at + END_BYTES > limit) {
                return UNDECIDED;
            }
            if (in.getInt(at + WORD) != MARK) {
                return close(in, index, at, out, words(maxContentBytes) - room, maxContentBytes);
            }
            if (room == 0) {
                return BadFrame.LENGTH.dead();
            }
            out.writeInt(MARK);
            room -= WORD;
            at += 2 * WORD;
        }
        return UNDECIDED;
    }

    /** Of the frame whose closing mark is at this index. */
    private int close(ByteBuf in, int index, int at, ByteBuf out, int filledBytes, int maxContentBytes) {
        int fill = in.getUnsignedByte(at + WORD + 1);
        if (in.getUnsignedByte(at + WORD) != END || fill >= WORD || fill > filledBytes) {
            return BadFrame.ESCAPE.dead();
        }
        if (filledBytes - fill > maxContentBytes) {
            return BadFrame.LENGTH.dead();
        }
        int checkAt = at + END_BYTES - CHECK_BYTES;
        if (crc.compute(in, index, checkAt - index) != in.getUnsignedShortLE(checkAt)) {
            return BadFrame.CHECK.dead();
        }
        out.writerIndex(out.writerIndex() - fill);
        return at + END_BYTES;
    }

    /** Whether the bytes there, as far as they have come, begin a frame. */
    private static boolean isStart(ByteBuf in, int index, int limit) {
        int there = Math.min(START_BYTES, limit - index);
        for (int i = 0; i < there; i++) {
            if (in.getUnsignedByte(index + i) != (i < WORD ? MARK_BYTE : 0x01)) {
                return false;
            }
        }
        return true;
    }

    private static int words(int bytes) {
        return (bytes + WORD - 1) & -WORD;
    }

    @Override
    public int skipFill(ByteBuf in, int from, int limit) {
        return from;
    }

    @Override
    public int nextStart(ByteBuf in, int from, int limit) {
        for (int at = from; at < limit; at++) {
            at = in.indexOf(at, limit, (byte) MARK_BYTE);
            if (at < 0) {
                return limit;
            }
            if (isStart(in, at, limit)) {
                return at;
            }
        }
        return limit;
    }

    @Override
    public int maxWireBytes(int contentBytes) {
        return START_BYTES + 2 * words(contentBytes) + END_BYTES;
    }

    @Override
    public int overheadBytes() {
        return START_BYTES + END_BYTES;
    }
}
