package dev.tunbridge.reassembly.recording;

import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.util.Locale;

/**
 * A file as it lies, mapped piece by piece, so that its size does not matter. A piece is unmapped when the garbage
 * collector finds that nobody uses it: to do it by hand would crash whoever still does.
 */
final class MappedWindow extends FileWindow {
    /** Large enough that mapping costs nothing beside reading, and small against an address space of 32 bits. */
    static final int USUAL_BYTES = 64 << 20;

    private final FileChannel channel;
    private final int windowBytes;

    /** The channel is closed with the window. */
    MappedWindow(FileChannel channel, int windowBytes) {
        this.channel = channel;
        this.windowBytes = Math.max(windowBytes, MOST_REACH);
    }

    @Override
    int move(long position, int length) throws IOException {
        long size = channel.size();
        if (position >= size) {
            return 0;
        }
        buffer = Unpooled.wrappedBuffer(
                channel.map(MapMode.READ_ONLY, position, Math.min(windowBytes, size - position)));
        start = position;
        return Math.min(length, buffer.writerIndex());
    }

    @Override
    long end() throws IOException {
        return channel.size();
    }

    @Override
    String place(long position) {
        return String.format(Locale.ROOT, "byte %,d", position);
    }

    @Override
    public void close() throws IOException {
        buffer = Unpooled.EMPTY_BUFFER;
        channel.close();
    }
}
