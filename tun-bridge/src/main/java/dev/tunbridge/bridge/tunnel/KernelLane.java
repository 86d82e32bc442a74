package dev.tunbridge.bridge.tunnel;

import dev.tunbridge.protocol.frame.BadFrame;
import dev.tunbridge.protocol.frame.FrameDecoder;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.frame.FrameHandler;
import dev.tunbridge.protocol.frame.FrameView;
import dev.tunbridge.protocol.message.MalformedMessageException;
import dev.tunbridge.protocol.message.MessageCodec;
import dev.tunbridge.protocol.message.MessageHandler;
import io.netty.buffer.ByteBuf;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The lane that is always right: frames from the bytes that the kernel delivers, in order. It counts the stream offset,
 * skips what is not a frame where the format can find the next one, and passes each frame's meaning on.
 */
final class KernelLane implements FrameHandler {
    private static final Logger LOG = LoggerFactory.getLogger(KernelLane.class);

    private final FrameDecoder decoder;
    private final MessageCodec codec;
    private final MessageHandler handler;
    private final LogOncePerMinute badFrameLog = new LogOncePerMinute();
    private final OuterCounters counters;
    private long receivedBytes;

    KernelLane(FrameFormat format, MessageCodec codec, MessageHandler handler, OuterCounters counters) {
        this.counters = counters;
        decoder = new FrameDecoder(format);
        this.codec = codec;
        this.handler = handler;
    }

    /** Reads every whole frame; what stays readable is the beginning of the next. */
    void received(ByteBuf bytes) {
        decoder.decode(bytes, this);
        long total = decoder.offset() + bytes.readableBytes();
        counters.bytesIn += total - receivedBytes;
        receivedBytes = total;
    }

    /** Frees the decoder's memory. */
    void release() {
        decoder.close();
    }

    @Override
    public void onFrame(FrameView frame) {
        counters.framesIn++;
        try {
            codec.read(frame, handler);
        } catch (MalformedMessageException e) {
            counters.malformedMessages++;
            if (badFrameLog.permits(System.nanoTime())) {
                LOG.warn("malformed message at stream offset {}: {}", frame.startOffset(), e.getMessage());
            }
        }
    }

    @Override
    public void onBadFrame(BadFrame reason, long offset) {
        counters.badFrames++;
        if (badFrameLog.permits(System.nanoTime())) {
            LOG.warn("bad frame at stream offset {}: {} ({} so far)", offset, reason, counters.badFrames);
        }
    }

    @Override
    public void onSkipped(long fromOffset, long toOffset) {
        counters.skippedBytes += toOffset - fromOffset;
    }
}
