package dev.tunbridge.bridge.simulation;

import dev.tunbridge.protocol.frame.Escape;
import dev.tunbridge.protocol.frame.FrameFormat;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** All that the server ever wrote, byte by byte and frame by frame: what everything else is compared with. */
final class SentStream {
    private final ByteBuf bytes = Unpooled.buffer(1 << 14);
    private final List<SentFrame> frames = new ArrayList<>();
    private final int openingBytes;

    SentStream(FrameFormat format) {
        // HDLC and SLIP open with a delimiter, which need not belong to the frame; COBS only closes with one.
        openingBytes = format.escape() == Escape.HDLC || format.escape() == Escape.SLIP ? 1 : 0;
    }

    /** Frames are appended here, each followed by {@link #append}. */
    ByteBuf buffer() {
        return bytes;
    }

    byte[] array() {
        return bytes.array();
    }

    int length() {
        return bytes.writerIndex();
    }

    void append(SentFrame.Builder frame, int start) {
        frames.add(frame.build(frames.size(), start, start + openingBytes, bytes.writerIndex()));
    }

    int frameCount() {
        return frames.size();
    }

    SentFrame frame(int index) {
        return frames.get(index);
    }

    /** The frame whose content starts exactly there. */
    @Nullable
    SentFrame frameAt(long contentStart) {
        int index = firstFrom(contentStart - openingBytes);
        return index < frames.size() && frames.get(index).contentStart == contentStart ? frames.get(index) : null;
    }

    /** The index of the first frame that starts at the offset or behind it. */
    int firstFrom(long offset) {
        int low = 0;
        int high = frames.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (frames.get(middle).start < offset) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }
}
