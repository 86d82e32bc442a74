package dev.tunbridge.protocol.frame;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * A valid frame in a buffer. A view is wrapped again for each frame and owns nothing.
 *
 * <p>In a format that escapes, the buffer holds the unescaped frame; offsets are always those of the stream as it came.
 */
public final class FrameView {
    private final FrameLayout layout;
    private ByteBuf buffer = Unpooled.EMPTY_BUFFER;
    private int frameIndex;
    private int headBytes;
    private int payloadLength;
    private long startOffset;
    private long endOffset;

    FrameView(FrameLayout layout) {
        this.layout = layout;
    }

    /** A view of frames whose payloads are changed behind the framing. */
    public static FrameView of(FrameFormat format) {
        return new FrameView(new FrameLayout(format));
    }

    /**
     * Shows a frame that was copied, and its payload changed.
     *
     * @param contentIndex of its header
     * @param startOffset and what follows: as of the frame on the wire
     */
    public FrameView showing(
            ByteBuf buffer, int contentIndex, int headBytes, int payloadLength, long startOffset, long endOffset) {
        wrap(buffer, contentIndex, headBytes, payloadLength, startOffset, endOffset);
        return this;
    }

    void wrap(ByteBuf buffer, int frameIndex, int headBytes, int payloadLength, long startOffset, long endOffset) {
        this.buffer = buffer;
        this.frameIndex = frameIndex;
        this.headBytes = headBytes;
        this.payloadLength = payloadLength;
        this.startOffset = startOffset;
        this.endOffset = endOffset;
    }

    /** The type field as 32 bits without a sign, or 0 where the format has none. */
    public int type() {
        BitField type = layout.type;
        return type == null ? 0 : (int) type.read(buffer, frameIndex);
    }

    /** The header field at the index that {@link FrameFormat#fieldIndex} gives. */
    public long field(int index) {
        return layout.fields[index].read(buffer, frameIndex);
    }

    public ByteBuf buffer() {
        return buffer;
    }

    public int payloadIndex() {
        return frameIndex + headBytes;
    }

    public int payloadLength() {
        return payloadLength;
    }

    /** Where the frame starts in {@link #buffer}, its header first. */
    public int contentIndex() {
        return frameIndex;
    }

    /** Bytes of the frame in {@link #buffer}, from its header to its end. */
    public int contentLength() {
        return headBytes + payloadLength + layout.tailBytes;
    }

    /**
     * The stream offset of the frame's first byte. Where frames are closed by a delimiter (hdlc, slip, cobs) that is the
     * first byte of content: a delimiter in front of it may belong to the frame before, or be idle fill.
     */
    public long startOffset() {
        return startOffset;
    }

    /** The stream offset behind the frame's last byte, its closing delimiter included. */
    public long endOffset() {
        return endOffset;
    }
}
