package dev.tunbridge.reassembly.recording;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;

/** The part of a file that can be looked at now; it moves on, and never back. For one thread. */
abstract sealed class FileWindow implements AutoCloseable permits MappedWindow, UnpackedWindow {
    /** The most bytes that {@link #reach} is asked for: the longest packet and its header, or an interface with its options. */
    static final int MOST_REACH = 1 << 20;

    /** The bytes from {@link #start} on; all of them count as written. */
    ByteBuf buffer = Unpooled.EMPTY_BUFFER;

    /** Where in the file the window begins. */
    long start;

    /**
     * Makes these bytes of the file readable, at {@link #indexOf} in {@link #buffer()}; what was readable before may be gone.
     *
     * @param length at most {@link #MOST_REACH}
     * @return how many of them there are: fewer only where the file ends
     */
    final int reach(long position, int length) throws IOException {
        if (position >= start && position + length <= start + buffer.writerIndex()) {
            return length;
        }
        return move(position, length);
    }

    abstract int move(long position, int length) throws IOException;

    final ByteBuf buffer() {
        return buffer;
    }

    final int indexOf(long position) {
        return (int) (position - start);
    }

    /** Where the bytes end, once {@link #reach} has found them fewer than it was asked for. */
    abstract long end() throws IOException;

    /** What a position is a position in, for messages. */
    abstract String place(long position);

    /** Why the file must count as cut where its bytes end; empty where they end as they should. */
    String cut() {
        return "";
    }

    @Override
    public abstract void close() throws IOException;
}
