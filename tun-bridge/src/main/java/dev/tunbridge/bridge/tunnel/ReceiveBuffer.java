package dev.tunbridge.bridge.tunnel;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.DefaultMaxMessagesRecvByteBufAllocator;

/**
 * The one buffer into which the outer socket is read. Netty asks for a buffer before each read and is handed this one,
 * with the beginning of an unfinished frame still in front: so every frame lies contiguous, no byte is copied but the
 * few of a frame that a read has cut, and nothing is allocated.
 *
 * <p>The channel handler must treat it as its own: read frames from readerIndex, leave the rest, and release the
 * reference that each read retains.
 */
@SuppressWarnings("deprecation") // the interface is named after receive buffers it does not create; no other exists
final class ReceiveBuffer extends DefaultMaxMessagesRecvByteBufAllocator {

    /** A few times what the kernel hands over in one read of a fast link, and within the level-two cache. */
    static final int CAPACITY_BYTES = 128 * 1024;

    /** Reads per turn of the loop, so that the TUN device is not starved by a fast server. */
    private static final int READS_PER_TURN = 8;

    private final ByteBuf buffer;

    ReceiveBuffer(ByteBufAllocator allocator, int maxFrameBytes) {
        super(READS_PER_TURN);
        int capacity = Math.max(CAPACITY_BYTES, 4 * maxFrameBytes);
        buffer = allocator.directBuffer(capacity, capacity);
    }

    @Override
    public Handle newHandle() {
        return new PersistentHandle();
    }

    /** The buffer with what has been read and not decoded; for the caller to release as after a read. */
    ByteBuf unread() {
        return buffer.retain();
    }

    /** Gives up this object's own reference; a read in progress keeps the memory until its own is released. */
    void release() {
        buffer.release();
    }

    private final class PersistentHandle extends MaxMessageHandle {
        @Override
        public ByteBuf allocate(ByteBufAllocator allocator) {
            buffer.discardReadBytes();
            return buffer.retain();
        }

        @Override
        public int guess() {
            return buffer.writableBytes();
        }
    }
}
