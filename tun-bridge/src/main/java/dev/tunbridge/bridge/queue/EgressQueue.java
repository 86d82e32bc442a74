package dev.tunbridge.bridge.queue;

import dev.tunbridge.bridge.flow.InnerPacket;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import org.jspecify.annotations.Nullable;

/**
 * Packets from the device that the outer connection cannot take yet, bounded in bytes, pulled by whoever fills the
 * socket. A packet is copied in, because the device's read buffer is reused at once; the copy is released by {@link
 * #release}. Loop thread only; in steady state nothing is allocated but from the buffer pool.
 */
public final class EgressQueue {

    /** Holds a DNS answer, a voice frame or a keystroke. */
    public static final int SMALL_PACKET_BYTES = 256;

    /** Bulk may fill the bound; prompt packets get this share above it, so that bulk cannot lock them out. */
    private static final int PROMPT_RESERVE_SHARE = 8;

    /** Counters of waiting bulk packets by flow hash; a collision only sends a small packet into the longer queue. */
    private static final int FLOW_BUCKETS = 1024;

    private final ByteBufAllocator allocator;
    private final int maxBytes;
    private final Fifo prompt = new Fifo();
    private final Fifo bulk = new Fifo();
    private final int[] bulkByFlow = new int[FLOW_BUCKETS];
    private @Nullable QueuedPacket spare;
    private int bytes;
    private int packets;
    private int peakBytes;
    private long enqueued;
    private long dropped;
    private long droppedBytes;

    /** @param maxBytes most bytes of packets held; more is dropped and counted */
    public EgressQueue(ByteBufAllocator allocator, int maxBytes) {
        this.allocator = allocator;
        this.maxBytes = maxBytes;
    }

    /**
     * Takes a copy of one packet of the flow with this hash; false: it was dropped, and counted.
     *
     * @param packet the view of it, for its class
     */
    public boolean offer(InnerPacket packet, int index, int length, int flowHash, long tag, long nowNanos) {
        int bucket = flowHash & (FLOW_BUCKETS - 1);
        boolean isPrompt = packet.isPureAck() || (length <= SMALL_PACKET_BYTES && bulkByFlow[bucket] == 0);
        int limit = isPrompt ? maxBytes + maxBytes / PROMPT_RESERVE_SHARE : maxBytes;
        if (bytes + length > limit) {
            dropped++;
            droppedBytes += length;
            return false;
        }
        ByteBuf copy = allocator.directBuffer(length, length);
        copy.writeBytes(packet.buffer(), index, length);
        QueuedPacket entry = obtain();
        entry.start(copy, isPrompt ? TrafficClass.PROMPT : TrafficClass.BULK, bucket, tag, nowNanos);
        if (isPrompt) {
            prompt.add(entry);
        } else {
            bulk.add(entry);
            bulkByFlow[bucket]++;
        }
        bytes += length;
        packets++;
        peakBytes = Math.max(peakBytes, bytes);
        enqueued++;
        return true;
    }

    /** The next packet to send, or null; the caller gives it back through {@link #release}. */
    public @Nullable QueuedPacket poll() {
        QueuedPacket entry = prompt.poll();
        if (entry == null) {
            entry = bulk.poll();
            if (entry == null) {
                return null;
            }
            bulkByFlow[entry.bucket()]--;
        }
        bytes -= entry.length();
        packets--;
        return entry;
    }

    /** Returns a polled packet; its buffer goes back to the pool. */
    public void release(QueuedPacket entry) {
        entry.end();
        entry.next = spare;
        spare = entry;
    }

    /** Drops everything, for the end of a connection; returns how many packets that were. */
    public int clear() {
        int cleared = 0;
        for (QueuedPacket entry = poll(); entry != null; entry = poll()) {
            release(entry);
            cleared++;
        }
        return cleared;
    }

    public boolean isEmpty() {
        return packets == 0;
    }

    public int bytes() {
        return bytes;
    }

    public int packets() {
        return packets;
    }

    /** A snapshot of the counters. */
    public QueueStats stats() {
        return new QueueStats(packets, bytes, peakBytes, enqueued, dropped, droppedBytes);
    }

    private QueuedPacket obtain() {
        QueuedPacket entry = spare;
        if (entry == null) {
            return new QueuedPacket();
        }
        spare = entry.next;
        return entry;
    }

    /** A singly linked list through the entries themselves. */
    private static final class Fifo {
        private @Nullable QueuedPacket head;
        private @Nullable QueuedPacket tail;

        void add(QueuedPacket entry) {
            entry.next = null;
            if (tail == null) {
                head = entry;
            } else {
                tail.next = entry;
            }
            tail = entry;
        }

        @Nullable
        QueuedPacket poll() {
            QueuedPacket entry = head;
            if (entry != null) {
                head = entry.next;
                if (head == null) {
                    tail = null;
                }
            }
            return entry;
        }
    }
}
