package dev.tunbridge.bridge.queue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import org.jspecify.annotations.Nullable;

/** Copies of packets in entries that are used again. As many entries exist as ever waited at once. */
final class PacketPool {
    private final ByteBufAllocator allocator;
    private @Nullable QueuedPacket spare;

    PacketPool(ByteBufAllocator allocator) {
        this.allocator = allocator;
    }

    QueuedPacket copy(
            ByteBuf source,
            int index,
            int length,
            @Nullable OwnedFlow owner,
            int flowHash,
            long tag,
            long nowNanos,
            long serviceNanos) {
        ByteBuf copy = allocator.directBuffer(length, length);
        copy.writeBytes(source, index, length);
        QueuedPacket packet = spare;
        if (packet == null) {
            packet = new QueuedPacket();
        } else {
            spare = packet.next;
            packet.next = null;
        }
        packet.start(copy, owner, flowHash, tag, nowNanos, serviceNanos);
        return packet;
    }

    void release(QueuedPacket packet) {
        packet.end();
        packet.next = spare;
        spare = packet;
    }
}
