package dev.tunbridge.protocol.frame;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;

/**
 * Writes frames: {@code begin}, payload, {@code end}. One encoder serves one direction of one connection, because it
 * counts the sequence field; one thread. After an exception from {@code begin} or {@code end} the buffer is as before and
 * the next frame may begin.
 */
public final class FrameEncoder implements AutoCloseable {
    private final FrameFormat format;
    private final FrameLayout layout;
    private final @Nullable BitField sequence;
    private final @Nullable Escaping escaping;
    /** Holds the frame under construction where it must be escaped as a whole. */
    private final ByteBuf scratch;

    private long nextSequence;
    private ByteBuf out = Unpooled.EMPTY_BUFFER;
    private ByteBuf frame = Unpooled.EMPTY_BUFFER;
    private int frameIndex;
    private boolean begun;

    public FrameEncoder(FrameFormat format) {
        this.format = format;
        this.layout = new FrameLayout(format);
        this.sequence =
                format.field(HeaderField.SEQUENCE).map(HeaderField::bits).orElse(null);
        this.escaping = format.escape().escaping();
        this.scratch = escaping == null ? Unpooled.EMPTY_BUFFER : Unpooled.directBuffer(format.maxContentBytes());
    }

    /** Writes the header, and returns the buffer to append the payload to: {@code out}, or one of the encoder's own. */
    public ByteBuf begin(ByteBuf out, int type) {
        if (begun) {
            throw new IllegalStateException("the frame before has neither been ended nor aborted");
        }
        this.out = out;
        this.frame = escaping == null ? out : scratch.clear();
        this.frameIndex = frame.writerIndex();
        layout.writeHead(frame);
        layout.type.write(frame, frameIndex, type);
        if (sequence != null) {
            sequence.write(frame, frameIndex, nextSequence);
        }
        begun = true;
        return frame;
    }

    /** Sets a header field of the frame begun, by the index that {@link FrameFormat#fieldIndex} gives. */
    public void setField(int fieldIndex, long value) {
        requireBegun();
        BitField field = layout.fields[fieldIndex];
        if (!field.holds(value)) {
            throw new IllegalArgumentException(
                    "header field " + format.fields().get(fieldIndex).name() + " cannot hold " + value);
        }
        field.write(frame, frameIndex, value);
    }

    /** Closes the frame: length, checksum, trailer, escapes. */
    public void end() {
        requireBegun();
        int payloadBytes = frame.writerIndex() - frameIndex - layout.headBytes;
        if (payloadBytes > layout.maxPayloadBytes) {
            abort();
            throw new FrameTooLongException(format.name(), payloadBytes, layout.maxPayloadBytes);
        }
        layout.seal(frame, frameIndex);
        if (escaping != null) {
            escaping.escape(frame, frameIndex, frame.writerIndex() - frameIndex, out);
        }
        nextSequence++;
        begun = false;
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
        int payloadBytes = payload.readableBytes();
        if (payloadBytes > layout.maxPayloadBytes) {
            throw new FrameTooLongException(format.name(), payloadBytes, layout.maxPayloadBytes);
        }
        begin(out, type).writeBytes(payload, payload.readerIndex(), payloadBytes);
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
