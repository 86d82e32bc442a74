package dev.tunbridge.bridge.simulation;

import dev.tunbridge.protocol.frame.Escape;
import dev.tunbridge.protocol.frame.Flags;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.message.Message;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** All that the server ever wrote, byte by byte and frame by frame: what everything else is compared with. */
final class SentStream {
    private final ByteBuf bytes = Unpooled.buffer(1 << 14);
    private final List<SentFrame> frames = new ArrayList<>();
    private final List<Unframed> unframed = new ArrayList<>();
    /** What may open a frame and need not belong to it, or −1: COBS only closes with one. Where flags are shared the one before has it. */
    private final int openingMark;
    /** A flag behind a frame that may open the next, and so is left to that. */
    private final int closingBytes;

    private final boolean sharesFlags;

    SentStream(FrameFormat format) {
        openingMark = format.escape() == Escape.HDLC ? 0x7e : format.escape() == Escape.SLIP ? 0xc0 : -1;
        closingBytes = format.mayShareFlag() ? 1 : 0;
        sharesFlags = format.flags() == Flags.SHARED;
    }

    /** What the server says in front of its first frame. */
    record Unframed(Message message, long end) {}

    /** It has been appended to the bytes. */
    void appendUnframed(Message message) {
        unframed.add(new Unframed(message, bytes.writerIndex()));
    }

    List<Unframed> unframed() {
        return unframed;
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
        if (closingBytes > 0) {
            int first = sharesFlags && !frames.isEmpty() ? start - closingBytes : start;
            frames.add(frame.build(frames.size(), first, first, bytes.writerIndex() - closingBytes));
            return;
        }
        int openingBytes = bytes.getUnsignedByte(start) == openingMark ? 1 : 0;
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
        for (int i = firstFrom(contentStart - 1); i < frames.size() && frames.get(i).start <= contentStart; i++) {
            if (frames.get(i).contentStart == contentStart) {
                return frames.get(i);
            }
        }
        return null;
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
