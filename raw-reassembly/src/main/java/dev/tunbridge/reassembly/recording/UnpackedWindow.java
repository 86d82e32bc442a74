package dev.tunbridge.reassembly.recording;

import io.netty.buffer.Unpooled;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/** What a gzip file (RFC 1952, of one member or several) unpacks to, without ever holding more of it than the window. */
final class UnpackedWindow extends FileWindow {
    private static final int WINDOW_BYTES = 2 * MOST_REACH;
    private static final int PACKED_BYTES = 1 << 16;

    private final String name;
    private final InputStream unpacked;
    private boolean ended;
    private boolean cut;

    /** The channel, which stands at the file's beginning, is closed with the window. */
    UnpackedWindow(String name, FileChannel channel) throws IOException {
        this.name = name;
        buffer = Unpooled.buffer(WINDOW_BYTES, WINDOW_BYTES);
        InputStream packed = Channels.newInputStream(channel);
        try {
            unpacked = new GZIPInputStream(packed, PACKED_BYTES);
        } catch (EOFException | ZipException damage) {
            channel.close();
            throw new IOException(name + ": its gzip header is cut or damaged: " + damage.getMessage(), damage);
        }
    }

    @Override
    int move(long position, int length) throws IOException {
        discard(position);
        while (start < position && !ended) { // skipped without being looked at
            fill();
            discard(position);
        }
        while (buffer.writerIndex() < length && !ended) {
            fill();
        }
        return start == position ? Math.min(length, buffer.writerIndex()) : 0;
    }

    private void discard(long position) {
        int bytes = (int) Math.min(position - start, buffer.writerIndex());
        buffer.readerIndex(bytes).discardReadBytes();
        start += bytes;
    }

    private void fill() throws IOException {
        try {
            int bytes =
                    unpacked.read(buffer.array(), buffer.arrayOffset() + buffer.writerIndex(), buffer.writableBytes());
            ended = bytes < 0;
            buffer.writerIndex(buffer.writerIndex() + Math.max(0, bytes));
        } catch (EOFException early) {
            ended = true;
            cut = true;
        } catch (ZipException damage) {
            throw new IOException(
                    name + ": its gzip stream is damaged behind " + place(start + buffer.writerIndex()) + ": "
                            + damage.getMessage(),
                    damage);
        }
    }

    @Override
    long end() {
        return start + buffer.writerIndex();
    }

    @Override
    String place(long position) {
        return String.format(Locale.ROOT, "byte %,d of what it unpacks to", position);
    }

    @Override
    String cut() {
        return cut ? "its gzip stream is cut" : "";
    }

    @Override
    public void close() throws IOException {
        unpacked.close();
    }
}
