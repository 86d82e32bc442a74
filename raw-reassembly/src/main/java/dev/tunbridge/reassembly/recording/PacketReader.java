package dev.tunbridge.reassembly.recording;

import io.netty.buffer.ByteBuf;
import java.io.IOException;

/**
 * The frames of a file, one after the other: {@link #next} goes to the next one, and the rest is about that. Its bytes
 * are valid until then. For one thread.
 */
abstract sealed class PacketReader permits PcapReader, PcapngReader {
    /** As libpcap and Wireshark have it; the longest frame that Linux captures is that of a super-packet, 64 KiB and a header. */
    static final int MOST_FRAME_BYTES = 1 << 18;

    static final long NANOS_PER_SECOND = 1_000_000_000L;

    final FileWindow window;
    private final String name;
    private long frames;
    private boolean atFrame;
    private int index;
    private int capturedBytes;
    private int wireBytes;
    private long timeNanos;
    private int linkNumber;
    private long unstamped;

    PacketReader(String name, FileWindow window) {
        this.name = name;
        this.window = window;
    }

    /** Goes to the next frame; false at the end. An {@link IOException} names the place and what is wrong there. */
    abstract boolean next() throws IOException;

    /** Frames that the file itself says its capture has lost. */
    long dropped() {
        return 0;
    }

    /** Stamps with more than a second in their fraction, which was carried over. */
    long carriedStamps() {
        return 0;
    }

    /** From here on until {@link #frame}, what is wrong is wrong with the next frame. */
    final void beginFrame() {
        atFrame = true;
    }

    final void frame(int linkNumber, int index, int capturedBytes, int wireBytes) {
        frames++;
        atFrame = false;
        this.linkNumber = linkNumber;
        this.index = index;
        this.capturedBytes = capturedBytes;
        this.wireBytes = wireBytes;
    }

    final void stamp(long nanos) {
        timeNanos = nanos;
    }

    /** Keeps the stamp of the frame in front. */
    final void noStamp() {
        unstamped++;
    }

    /** From 1, as Wireshark counts: frames, not blocks. */
    final long number() {
        return frames;
    }

    final ByteBuf buffer() {
        return window.buffer();
    }

    final int index() {
        return index;
    }

    final int capturedBytes() {
        return capturedBytes;
    }

    /** Bytes that the frame had; a file may claim fewer than it holds. */
    final int wireBytes() {
        return wireBytes;
    }

    /** Since 1970. */
    final long timeNanos() {
        return timeNanos;
    }

    /** As in {@link dev.tunbridge.reassembly.wire.LinkType#of}. */
    final int linkNumber() {
        return linkNumber;
    }

    /** Frames without a stamp, or with one that is beyond the year 2262. */
    final long unstamped() {
        return unstamped;
    }

    /** Reaches what the next frame, or something in front of it, must have. */
    final void require(long position, int length, long from) throws IOException {
        if (window.reach(position, length) < length) {
            throw ends(from);
        }
    }

    /** The file ends where it should not. */
    final IOException ends(long from) throws IOException {
        String cut = window.cut().isEmpty() ? "the file is cut" : window.cut();
        return refusal(from, cut + " within it, at " + window.place(window.end()));
    }

    /** What a frame's length must be. */
    final void checkLength(long bytes, long from) throws IOException {
        if (bytes > MOST_FRAME_BYTES) {
            throw refusal(from, "captured length", bytes, "up to " + MOST_FRAME_BYTES);
        }
    }

    final IOException refusal(long position, String field, long value, String allowed) {
        return refusal(position, field + " is " + value + "; allowed: " + allowed);
    }

    final IOException refusal(long position, String what) {
        String frame =
                atFrame ? "frame " + (frames + 1) : frames == 0 ? "in front of frame 1" : "behind frame " + frames;
        return new IOException(name + ", " + frame + ", " + window.place(position) + ": " + what);
    }
}
