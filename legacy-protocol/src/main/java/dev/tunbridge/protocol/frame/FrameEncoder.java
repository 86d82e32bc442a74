package dev.tunbridge.protocol.frame;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;

/**
 * Writes frames: {@code begin}, payload, {@code end}. One encoder serves one direction of one connection, because it
 * counts the sequence field and shares flags between frames, so each frame must be sent behind the one before; one thread. After an exception from {@code begin} or {@code end} the buffer is as before and
 * the next frame may begin.
 */
public final class FrameEncoder implements AutoCloseable {
    private final FrameFormat format;
    /** Where frames have many. */
    private final @Nullable FrameShapes shapes;
    /** Where they have many, that of the frame begun. */
    private FrameLayout layout;

    private final @Nullable Escaping escaping;
    private final boolean sharesFlags;
    private final boolean needsScratch;
    private final @Nullable PayloadMapping mapping;
    /** Where payloads say their types themselves, if they do. */
    private final @Nullable TypeTable types;
    /** Holds the frame under construction where it must be escaped as a whole. */
    private final ByteBuf scratch;

    private long nextSequence;
    /** Whether what was written last is a whole frame, so that its closing flag may open the next. */
    private boolean hasFlagBefore;

    private ByteBuf out = Unpooled.EMPTY_BUFFER;
    private ByteBuf frame = Unpooled.EMPTY_BUFFER;
    private int frameIndex;
    private boolean begun;
    private int type;

    public FrameEncoder(FrameFormat format) {
        this(format, null);
    }

    /** @param mapping what payloads become on the wire; null where they stay as they are */
    public FrameEncoder(FrameFormat format, @Nullable PayloadMapping mapping) {
        this.format = format;
        this.mapping = mapping;
        boolean isKept = format.allShapes().stream()
                .flatMap(shape -> shape.typing().inPayload().stream())
                .anyMatch(PayloadType::isKept);
        this.types = isKept ? new TypeTable(format) : null;
        this.shapes = format.hasShapes() ? new FrameShapes(format, ChecksumAlgorithm::newChecksum) : null;
        this.layout = shapes == null ? new FrameLayout(format) : shapes.first();
        this.escaping = format.escaping();
        this.sharesFlags = format.flags() == Flags.SHARED;
        boolean isRewritten =
                shapes == null ? layout.growing != null || layout.blocks != null : shapes.hasBlocksOrGrows();
        this.needsScratch = escaping != null || sharesFlags || isRewritten;
        this.scratch = needsScratch ? Unpooled.directBuffer(format.maxContentBytes()) : Unpooled.EMPTY_BUFFER;
    }

    /**
     * Writes the header, and a type that stands first in the payload, and returns the buffer to append the rest of it to: {@code out}, or
     * one of the encoder's own. A type that the payload keeps is the caller's to write.
     *
     * @throws IllegalArgumentException if frames have many shapes, and none of them this type
     */
    public ByteBuf begin(ByteBuf out, int type) {
        if (begun) {
            throw new IllegalStateException("the frame before has neither been ended nor aborted");
        }
        if (shapes != null) {
            layout = shapes.ofType(format.name(), type);
        }
        this.out = out;
        this.type = type;
        this.frame = needsScratch ? scratch.clear() : out;
        this.frameIndex = frame.writerIndex();
        layout.writeHead(frame);
        if (layout.type != null) {
            layout.type.write(frame, frameIndex, type);
        }
        if (layout.sequence != null) {
            layout.sequence.write(frame, frameIndex, nextSequence);
        }
        if (layout.typeInPayload != null && layout.strippedBytes > 0) {
            frame.writeZero(layout.strippedBytes);
            layout.typeInPayload.write(frame, frameIndex + layout.headBytes, type);
        }
        begun = true;
        return frame;
    }

    /** Sets a header field of the frame begun, by the index that {@link FrameFormat#fieldIndex} gives. */
    public void setField(int fieldIndex, long value) {
        requireBegun();
        BitField field = layout.field(fieldIndex);
        if (field == null || !field.holds(value) || (value != 0 && layout.isSignedBy(field))) {
            throw new IllegalArgumentException(
                    "header field " + format.fields().get(fieldIndex).name() + " cannot hold " + value);
        }
        field.write(frame, frameIndex, value);
    }

    /** Closes the frame: length, checksum, trailer, escapes. */
    public void end() {
        requireBegun();
        if (mapping != null) {
            map(mapping);
        }
        int payloadBytes = frame.writerIndex() - frameIndex - layout.headBytes;
        if (payloadBytes > layout.maxPayloadBytes) {
            abort();
            throw new FrameTooLongException(format.name(), payloadBytes, layout.maxPayloadBytes);
        }
        if (payloadBytes < layout.minPayloadBytes) {
            abort();
            throw new FrameTooShortException(format.name(), payloadBytes, layout.minPayloadBytes);
        }
        refuseOtherType(payloadBytes);
        if (!layout.knowsCheck(frame, frameIndex)) {
            String type = Long.toUnsignedString(layout.type == null ? 0 : layout.type.read(frame, frameIndex));
            abort();
            throw new UnsayableFrameException(format.name(), type);
        }
        if (layout.growing != null) {
            layout.sealGrown(frame, frameIndex, out, layout.growing);
        } else {
            layout.seal(frame, frameIndex);
            refuseForbidden();
            if (needsScratch) {
                copyOut(frame.writerIndex() - frameIndex);
            }
        }
        nextSequence++;
        hasFlagBefore = true;
        begun = false;
    }

    private void map(PayloadMapping mapping) {
        boolean isMapped = false;
        try {
            mapping.toWire(type, frame, frameIndex + layout.headBytes + layout.strippedBytes);
            isMapped = true;
        } finally {
            if (!isMapped) {
                abort();
            }
        }
    }

    /** Who reads the frame goes by what the payload says. */
    private void refuseOtherType(int payloadBytes) {
        BitField said = layout.typeInPayload;
        if (said == null || types == null || layout.strippedBytes > 0) {
            return;
        }
        boolean isThere = payloadBytes >= said.end();
        int number = isThere ? (int) said.read(frame, frameIndex + layout.headBytes) : FrameView.NO_TYPE;
        if (!isThere || !types.isOne(number, type)) {
            abort();
            throw UnsayableFrameException.ofType(
                    format.name(), type, isThere ? Integer.toUnsignedString(number) : "none");
        }
    }

    private void refuseForbidden() {
        int at = escaping == null ? -1 : escaping.forbiddenAt(frame, frameIndex, frame.writerIndex() - frameIndex);
        if (at >= 0) {
            int mark = frame.getUnsignedByte(at);
            abort();
            throw new UnsayableFrameException(format.name(), mark, at - frameIndex);
        }
    }

    /** From the scratch, which holds what has to be changed on the wire. */
    private void copyOut(int contentBytes) {
        boolean isBehind = sharesFlags && hasFlagBefore;
        if (layout.blocks != null) {
            int payloadIndex = frameIndex + layout.headBytes;
            int payloadBytes = contentBytes - layout.headBytes - layout.tailBytes;
            out.writeBytes(frame, frameIndex, layout.headBytes);
            layout.blocks.write(frame, payloadIndex, payloadBytes, out);
            out.writeBytes(frame, payloadIndex + payloadBytes, layout.tailBytes);
        } else if (escaping == null) {
            int opening = isBehind ? layout.sharedBytes : 0;
            out.writeBytes(frame, frameIndex + opening, contentBytes - opening);
        } else if (isBehind) {
            escaping.escapeBehind(frame, frameIndex, contentBytes, out);
        } else {
            escaping.escape(frame, frameIndex, contentBytes, out);
        }
    }

    /** Takes the unfinished frame back, if there is one. */
    public void abort() {
        if (begun) {
            frame.writerIndex(frameIndex);
            begun = false;
        }
    }

    /** Writes one frame around the readable bytes of the payload, which stay readable. */
    public void encode(ByteBuf out, int type, ByteBuf payload) {
        FrameLayout written = shapes == null ? layout : shapes.ofType(format.name(), type);
        int payloadBytes = payload.readableBytes() + written.strippedBytes;
        if (payloadBytes > written.maxPayloadBytes) {
            throw new FrameTooLongException(format.name(), payloadBytes, written.maxPayloadBytes);
        }
        if (payloadBytes < written.minPayloadBytes) {
            throw new FrameTooShortException(format.name(), payloadBytes, written.minPayloadBytes);
        }
        begin(out, type).writeBytes(payload, payload.readerIndex(), payload.readableBytes());
        end();
    }

    /** Releases the encoder's own memory. */
    @Override
    public void close() {
        if (scratch.refCnt() > 0) {
            scratch.release();
        }
    }

    private void requireBegun() {
        if (!begun) {
            throw new IllegalStateException("no frame has begun");
        }
    }
}
