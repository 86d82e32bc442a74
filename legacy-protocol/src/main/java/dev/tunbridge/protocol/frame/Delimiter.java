package dev.tunbridge.protocol.frame;

import io.netty.buffer.ByteBuf;

/** Searches for the one byte that keeps frames apart where it cannot occur inside them. */
final class Delimiter {
    private Delimiter() {}

    static int skip(int delimiter, ByteBuf in, int from, int limit) {
        int at = from;
        while (at < limit && in.getUnsignedByte(at) == delimiter) {
            at++;
        }
        return at;
    }

    /** The last delimiter of the first run of them: a frame may start behind it. */
    static int next(int delimiter, ByteBuf in, int from, int limit) {
        int first = in.indexOf(from, limit, (byte) delimiter);
        return first < 0 ? limit : skip(delimiter, in, first, limit) - 1;
    }
}
