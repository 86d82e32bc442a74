package dev.tunbridge.protocol.frame;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * A valid frame in a buffer. A view is wrapped again for each frame and owns nothing.
 *
 * <p>In a format that escapes, the buffer holds the unescaped frame; offsets are always those of the stream as it came.
 */
public final class FrameView {
    /** What {@link #type} says of a frame whose payload is too short for the type that lies in it; no type has this number there. */
    public static final int NO_TYPE = -1;

    /** That of the frame's shape. */
    private FrameLayout layout;

    private ByteBuf buffer = Unpooled.EMPTY_BUFFER;
    private int frameIndex;
    private int headBytes;
    /** With the type in it, if one stands first. */
    private int payloadLength;
    /** Bytes of that type. */
    private int strippedBytes;

    private long startOffset;
    private long endOffset;

    FrameView(FrameLayout layout) {
        this.layout = layout;
    }

    /** One more, of frames like the one that is shown here. */
    public FrameView another() {
        return new FrameView(layout);
    }

    /**
     * Shows a frame whose header was copied, and its payload changed.
     *
     * @param wire the frame as it came
     * @param contentIndex of its header in the buffer
     * @param payloadLength as {@link #payloadLength} is to say it
     */
    public FrameView showing(FrameView wire, ByteBuf buffer, int contentIndex, int payloadLength) {
        int whole = wire.strippedBytes + payloadLength;
        wrap(wire.layout, buffer, contentIndex, wire.headBytes, whole, wire.startOffset, wire.endOffset);
        return this;
    }

    void wrap(
            FrameLayout layout,
            ByteBuf buffer,
            int frameIndex,
            int headBytes,
            int payloadLength,
            long startOffset,
            long endOffset) {
        this.layout = layout;
        this.buffer = buffer;
        this.frameIndex = frameIndex;
        this.headBytes = headBytes;
        this.payloadLength = payloadLength;
        // A payload too short for its type is shown as it is.
        this.strippedBytes = payloadLength < layout.strippedBytes ? 0 : layout.strippedBytes;
        this.startOffset = startOffset;
        this.endOffset = endOffset;
    }

    /**
     * The type field as 32 bits without a sign, or that of all frames of its shape, mostly 0, where there is none; {@link #NO_TYPE}
     * where it should lie in a payload that is too short for it.
     */
    public int type() {
        BitField type = layout.type;
        if (type != null) {
            return (int) type.read(buffer, frameIndex);
        }
        BitField inPayload = layout.typeInPayload;
        if (inPayload == null) {
            return layout.onlyType;
        }
        return payloadLength < inPayload.end() ? NO_TYPE : (int) inPayload.read(buffer, frameIndex + headBytes);
    }

    /** The header field at the index that {@link FrameFormat#fieldIndex} gives; 0 where frames of this shape have none of that name. */
    public long field(int index) {
        BitField field = layout.field(index);
        return field == null ? 0 : field.read(buffer, frameIndex);
    }

    public ByteBuf buffer() {
        return buffer;
    }

    /** Where what its message is laid out of begins: the payload, but for a type that stands first in it. */
    public int payloadIndex() {
        return frameIndex + headBytes + strippedBytes;
    }

    public int payloadLength() {
        return payloadLength - strippedBytes;
    }

    /** Where the frame starts in {@link #buffer}, its header first. */
    public int contentIndex() {
        return frameIndex;
    }

    /** Bytes of the frame in {@link #buffer}, from its header to its end. */
    public int contentLength() {
        return headBytes + payloadLength + layout.tailBytes + layout.signatureBytes(buffer, frameIndex);
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
