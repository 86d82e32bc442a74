package dev.tunbridge.bridge.queue;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Packets in the order in which they came: a singly linked list through the packets themselves. */
final class PacketFifo {
    private @Nullable QueuedPacket head;
    private @Nullable QueuedPacket tail;
    private int packets;
    private int bytes;

    void add(QueuedPacket packet) {
        packet.next = null;
        if (tail == null) {
            head = packet;
        } else {
            tail.next = packet;
        }
        tail = packet;
        packets++;
        bytes += packet.length();
    }

    @Nullable
    QueuedPacket poll() {
        QueuedPacket first = head;
        if (first != null) {
            unlink(null, first);
        }
        return first;
    }

    /** The first of the {@code look} foremost packets that may be dropped, or else the foremost. */
    @Nullable
    QueuedPacket pollDroppable(Signals signals, int look) {
        QueuedPacket before = null;
        QueuedPacket candidate = head;
        for (int looked = 0; candidate != null && looked < look; looked++) {
            if (signals.mayDrop(candidate)) {
                unlink(before, candidate);
                return candidate;
            }
            before = candidate;
            candidate = candidate.next;
        }
        return poll();
    }

    /** Takes out all of this flow. */
    void removeOf(OwnedFlow flow, Consumer<QueuedPacket> gone) {
        QueuedPacket before = null;
        QueuedPacket packet = head;
        while (packet != null) {
            QueuedPacket next = packet.next;
            if (packet.owner() == flow) {
                unlink(before, packet);
                gone.accept(packet);
            } else {
                before = packet;
            }
            packet = next;
        }
    }

    boolean isEmpty() {
        return packets == 0;
    }

    int packets() {
        return packets;
    }

    int bytes() {
        return bytes;
    }

    private void unlink(@Nullable QueuedPacket before, QueuedPacket packet) {
        if (before == null) {
            head = packet.next;
        } else {
            before.next = packet.next;
        }
        if (packet.next == null) {
            tail = before;
        }
        packet.next = null;
        packets--;
        bytes -= packet.length();
    }
}
