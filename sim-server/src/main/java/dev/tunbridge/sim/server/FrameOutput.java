package dev.tunbridge.sim.server;

import dev.tunbridge.protocol.frame.FrameEncoder;
import dev.tunbridge.protocol.frame.FrameFormat;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.WriteBufferWaterMark;
import java.util.ArrayDeque;
import java.util.Queue;

/**
 * Puts frames on the socket in the server's way of writing. In {@link WriteMode#FRAME} each frame is a send of its own,
 * also when the socket was full in between: the next is handed to the channel only when nothing is pending there.
 */
final class FrameOutput {
    private static final int BATCH_BYTES = 64 * 1024;

    private static final int MAX_WAITING = 16_384;

    private final Channel channel;
    private final FrameEncoder encoder;
    private final WriteMode mode;
    private final int bufferBytes;
    private final Queue<ByteBuf> waiting = new ArrayDeque<>();
    private ByteBuf open;
    private boolean draining;
    private boolean closed;

    FrameOutput(Channel channel, FrameFormat format, WriteMode mode) {
        this.channel = channel;
        this.mode = mode;
        encoder = new FrameEncoder(format);
        bufferBytes = format.maxFrameBytes() + (mode == WriteMode.BATCH ? BATCH_BYTES : 0);
        open = channel.alloc().directBuffer(bufferBytes);
        channel.config()
                .setWriteBufferWaterMark(
                        mode == WriteMode.BATCH
                                ? new WriteBufferWaterMark(BATCH_BYTES, 2 * BATCH_BYTES)
                                : new WriteBufferWaterMark(1, 1));
    }

    FrameEncoder encoder() {
        return encoder;
    }

    /** The buffer for the next frame; when the frame is in it, {@link #frameWritten()} follows. */
    ByteBuf buffer() {
        return open;
    }

    void frameWritten() {
        if (mode == WriteMode.FRAME || open.readableBytes() >= BATCH_BYTES) {
            take();
            drain();
        }
    }

    /** The end of a turn: nothing is kept back for the next. */
    void flush() {
        take();
        drain();
    }

    /** Whether everything is with the kernel, or nearly: more may come. */
    boolean hasRoom() {
        return waiting.isEmpty() && channel.isWritable();
    }

    /** Whether more waits than any turn of the TUN device brings: a device that asks and does not read. */
    boolean isOverrun() {
        return waiting.size() > MAX_WAITING;
    }

    /** Writing makes the channel unwritable and writable again within the call, which comes back here. */
    void drain() {
        if (draining) {
            return;
        }
        draining = true;
        while (!waiting.isEmpty() && channel.isWritable()) {
            channel.writeAndFlush(waiting.remove(), channel.voidPromise());
        }
        draining = false;
    }

    void close() {
        if (!closed) {
            closed = true;
            waiting.forEach(ByteBuf::release);
            waiting.clear();
            open.release();
            encoder.close();
        }
    }

    private void take() {
        if (!closed && open.isReadable()) {
            waiting.add(open);
            open = channel.alloc().directBuffer(bufferBytes);
        }
    }
}
