package dev.tunbridge.bridge.receive;

import dev.tunbridge.protocol.frame.BadFrame;
import dev.tunbridge.protocol.frame.FrameDecoder;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.frame.FrameHandler;
import dev.tunbridge.protocol.frame.FrameView;
import io.netty.buffer.ByteBuf;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The lane that is always right: frames from the bytes that the kernel delivers, in order. It counts the stream offset,
 * and skips what is not a frame where the format can find the next one.
 */
final class KernelLane implements FrameHandler {
    private static final Logger LOG = LoggerFactory.getLogger(KernelLane.class);

    /** What comes of it. */
    interface Output {
        void onFrame(FrameView frame);

        void onBadFrame();
    }

    private final FrameDecoder decoder;
    private final Output output;
    private final LogOncePerMinute badFrameLog = new LogOncePerMinute();
    private final ReceiveCounters counters;
    private long position;

    KernelLane(FrameFormat format, Output output, ReceiveCounters counters) {
        this.counters = counters;
        this.output = output;
        decoder = new FrameDecoder(format);
    }

    /**
     * In front of the first frame: somebody else has read so many bytes.
     *
     * @param bytes what is left of them
     */
    void passed(int read, ByteBuf bytes) {
        decoder.skip(read);
        count(bytes);
    }

    /** Reads every whole frame; what stays readable is the beginning of the next, or what lies behind a {@link #stop}. */
    void received(ByteBuf bytes) {
        decoder.decode(bytes, this);
        count(bytes);
    }

    private void count(ByteBuf bytes) {
        long read = decoder.offset() + bytes.readableBytes();
        counters.bytes += read - position;
        position = read;
    }

    /** From within a frame: the next waits until {@link #received} is called again. */
    void stop() {
        decoder.stop();
    }

    /** The stream offset behind the last byte that was read. */
    long position() {
        return position;
    }

    /** The stream offset of the first byte that was left readable, where it surely begins a frame; otherwise −1. */
    long pendingStart() {
        return decoder.isSynchronised() ? decoder.offset() : -1;
    }

    /** Frees the decoder's memory. */
    void release() {
        decoder.close();
    }

    @Override
    public void onFrame(FrameView frame) {
        counters.frames++;
        output.onFrame(frame);
    }

    @Override
    public void onBadFrame(BadFrame reason, long offset) {
        counters.badFrames++;
        output.onBadFrame();
        if (badFrameLog.permits(System.nanoTime())) {
            LOG.warn("bad frame at stream offset {}: {} ({} so far)", offset, reason, counters.badFrames);
        }
    }

    @Override
    public void onSkipped(long fromOffset, long toOffset) {
        counters.skippedBytes += toOffset - fromOffset;
    }
}
