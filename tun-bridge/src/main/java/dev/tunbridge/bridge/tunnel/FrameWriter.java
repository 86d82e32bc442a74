package dev.tunbridge.bridge.tunnel;

import dev.tunbridge.bridge.flow.InnerPacket;
import dev.tunbridge.protocol.frame.FrameEncoder;
import dev.tunbridge.protocol.frame.FrameTooLongException;
import dev.tunbridge.protocol.message.Message;
import dev.tunbridge.protocol.message.MessageCodec;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Writes frames to the outer socket, many to one system call: they gather in a batch that goes out when it is full or
 * at {@link #flush()}. Payload is copied once, from where it lies into the batch. Loop thread only.
 */
final class FrameWriter {

    /** A batch that begins with a message often holds nothing else; it grows where packets follow. */
    private static final int MESSAGE_BYTES = 512;

    private final Channel channel;
    private final MessageCodec codec;
    private final FrameEncoder encoder;
    private final SendRoom room;
    private final int maxFrameBytes;
    private final List<CompletableFuture<Void>> awaiting = new ArrayList<>();
    private @Nullable ByteBuf batch;
    private final OuterCounters counters;
    private long flushedBytes;

    FrameWriter(Channel channel, MessageCodec codec, int maxFrameBytes, OuterCounters counters, SendRoom room) {
        this.room = room;
        this.counters = counters;
        this.channel = channel;
        this.codec = codec;
        encoder = codec.newEncoder();
        this.maxFrameBytes = maxFrameBytes;
    }

    /** Whether one more frame may be written; flushes a full batch to find out. */
    boolean hasRoom() {
        ByteBuf current = batch;
        if (current != null && current.readableBytes() >= room.batchBytes()) {
            flush();
        }
        return channel.isWritable() && !room.isFull();
    }

    /** Frames a whole IP packet (<em>packet</em> carriage). */
    void packet(ByteBuf packet, int index, int length) {
        ByteBuf out = batch();
        codec.beginPacket(encoder, out, packet.getByte(index) >> 4).writeBytes(packet, index, length);
        encoder.end();
        counters.framesOut++;
    }

    /** Frames the segment of a packet from the device, without its IP header (<em>segment</em> carriage). */
    void segment(InnerPacket packet) {
        ByteBuf out = batch();
        ByteBuf buffer = packet.buffer();
        codec.beginSegment(
                        encoder,
                        out,
                        packet.protocol(),
                        buffer,
                        packet.destinationIndex(),
                        packet.sourceIndex(),
                        packet.addressBytes())
                .writeBytes(buffer, packet.transportIndex(), packet.transportLength());
        encoder.end();
        counters.framesOut++;
    }

    /** Frames bytes of a channel, or one datagram (<em>socket</em> carriage). */
    void data(int channel, ByteBuf buffer, int index, int length) {
        codec.beginData(encoder, batch(), channel).writeBytes(buffer, index, length);
        encoder.end();
        counters.framesOut++;
    }

    /** This end has its address: asks the peer for its own where the protocol has a link that needs it. */
    void linkUp(InetAddress address, InetAddress peerAddress) {
        codec.linkUp(address, peerAddress).ifPresent(this::message);
    }

    /** Frames any message. */
    void message(Message message) {
        codec.write(message, encoder, batch(MESSAGE_BYTES));
        counters.framesOut++;
    }

    /** Frames a message whose sender wants to know when the kernel has taken it, or that the protocol has no frame for it. */
    void message(Message message, CompletableFuture<Void> written) {
        try {
            message(message);
        } catch (IllegalArgumentException | FrameTooLongException e) {
            written.completeExceptionally(
                    new IllegalArgumentException("cannot be said to the server: " + e.getMessage(), e));
            return;
        }
        awaiting.add(written);
    }

    /** The offset in this connection's stream behind the last frame. */
    long offset() {
        ByteBuf current = batch;
        return flushedBytes + (current == null ? 0 : current.readableBytes());
    }

    /** Hands the batch to the socket. */
    void flush() {
        ByteBuf full = batch;
        if (full == null) {
            return;
        }
        batch = null;
        counters.bytesOut += full.readableBytes();
        flushedBytes += full.readableBytes();
        if (awaiting.isEmpty()) {
            channel.writeAndFlush(full, channel.voidPromise());
            room.written();
            return;
        }
        List<CompletableFuture<Void>> promises = List.copyOf(awaiting);
        awaiting.clear();
        channel.writeAndFlush(full).addListener(write -> {
            Throwable cause = write.cause();
            for (CompletableFuture<Void> promise : promises) {
                if (cause == null) {
                    promise.complete(null);
                } else {
                    promise.completeExceptionally(cause);
                }
            }
        });
        room.written();
    }

    /** Drops what was not flushed and frees the memory: the connection is gone. */
    void release(Throwable cause) {
        encoder.close();
        ByteBuf unsent = batch;
        batch = null;
        if (unsent != null) {
            unsent.release();
        }
        awaiting.forEach(promise -> promise.completeExceptionally(cause));
        awaiting.clear();
    }

    private ByteBuf batch() {
        return batch(room.batchBytes() + maxFrameBytes);
    }

    private ByteBuf batch(int initialCapacity) {
        ByteBuf current = batch;
        if (current == null) {
            current = channel.alloc().directBuffer(initialCapacity);
            batch = current;
        }
        return current;
    }
}
