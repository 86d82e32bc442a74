package dev.tunbridge.protocol.frame;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * Finds the frames of one stream, however it is cut into buffers. For one thread.
 *
 * <p>Frames that are not escaped are read where they lie. Unescaped ones live in an arena of the decoder that starts anew
 * with each call of {@link #decode}.
 */
public final class FrameDecoder implements AutoCloseable {
    private final FrameProbe probe;
    private final FrameView view;
    private final boolean usesArena;
    private final boolean canResynchronise;
    private final int maxScanBytes;
    private final ByteBuf arena;

    private long offset;
    private boolean synchronised = true;
    private boolean stopped;
    private long lostAt;
    private BadFrame lostReason = BadFrame.SYNC;

    public FrameDecoder(FrameFormat format) {
        this.probe = new FrameProbe(format);
        this.view = new FrameView(probe.layout());
        this.usesArena = format.isRewritten();
        this.canResynchronise = format.canResynchronise();
        this.maxScanBytes = format.resync().maxScanBytes();
        this.arena = usesArena ? Unpooled.directBuffer(format.maxContentBytes()) : Unpooled.EMPTY_BUFFER;
    }

    /**
     * Consumes every whole frame of the readable bytes. What stays readable is the beginning of a frame, at most
     * {@link FrameFormat#maxFrameBytes} bytes unless it was {@linkplain #stop stopped}, and belongs in front of what follows.
     *
     * @throws LostSynchronisationException if the bytes are no frame and the next one cannot be found; the decoder is then
     *     of no more use
     */
    public void decode(ByteBuf in, FrameHandler handler) {
        if (usesArena) {
            arena.clear();
        }
        stopped = false;
        int limit = in.writerIndex();
        while (!stopped) {
            int index = in.readerIndex();
            advance(in, synchronised ? probe.skipFill(in, index, limit) : probe.nextSearched(in, index, limit));
            if (!synchronised) {
                giveUpIfTooFar();
            }
            index = in.readerIndex();
            if (index == limit) {
                return;
            }
            long answer = probe.probe(in, index, limit, arena);
            if (answer == 0) {
                return;
            }
            if (answer < 0) {
                reject(in, FrameProbe.reason(answer), handler);
            } else {
                accept(in, (int) answer, handler);
            }
        }
    }

    /** Before the first frame: so many bytes of the stream are none, and were read by somebody else. */
    public void skip(int bytes) {
        offset += bytes;
    }

    /** For a handler: nothing is read behind the frame that it has been given until {@link #decode} is called again. */
    public void stop() {
        stopped = true;
    }

    /** The stream offset of the first byte that was left readable. */
    public long offset() {
        return offset;
    }

    /** Whether the bytes at {@link #offset} follow a valid frame, or begin the stream. */
    public boolean isSynchronised() {
        return synchronised;
    }

    /** Releases the decoder's own memory, and with it the contents of unescaped frames. */
    @Override
    public void close() {
        probe.close();
        if (arena.refCnt() > 0) {
            arena.release();
        }
    }

    private void accept(ByteBuf in, int wireBytes, FrameHandler handler) {
        long start = offset + probe.fillBytes();
        advance(in, in.readerIndex() + wireBytes);
        int contentIndex = probe.contentIndex();
        view.wrap(
                probe.layout(),
                probe.isInArena() ? arena : in,
                contentIndex,
                probe.headBytes(),
                probe.payloadBytes(),
                start,
                offset);
        if (!synchronised) {
            synchronised = true;
            handler.onSkipped(lostAt, start);
        }
        handler.onFrame(view);
    }

    private void reject(ByteBuf in, BadFrame reason, FrameHandler handler) {
        if (synchronised) {
            synchronised = false;
            lostAt = offset;
            lostReason = reason;
            handler.onBadFrame(reason, offset);
            if (!canResynchronise) {
                throw new LostSynchronisationException(
                        lostAt, lostReason, "this format has no way back into the stream");
            }
        }
        // One byte, not the claimed length: a corrupt length must not swallow the frames behind it.
        advance(in, in.readerIndex() + 1);
    }

    private void giveUpIfTooFar() {
        if (!canResynchronise || offset - lostAt > maxScanBytes) {
            throw new LostSynchronisationException(
                    lostAt, lostReason, "no frame in the " + maxScanBytes + " bytes behind it (resync.maxScan)");
        }
    }

    private void advance(ByteBuf in, int index) {
        offset += index - in.readerIndex();
        in.readerIndex(index);
    }
}
