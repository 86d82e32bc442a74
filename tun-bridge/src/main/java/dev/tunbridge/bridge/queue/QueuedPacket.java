package dev.tunbridge.bridge.queue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;

/** One packet, or what a frame of an {@link OwnedFlow} carries, in the egress queue; reused by the queue. */
public final class QueuedPacket {
    @Nullable
    QueuedPacket next;

    private ByteBuf buffer = Unpooled.EMPTY_BUFFER;
    private TrafficClass trafficClass = TrafficClass.BULK;
    private @Nullable OwnedFlow owner;
    private int flowHash;
    private long tag;
    private long enqueuedNanos;
    private long enqueuedServiceNanos;

    void start(
            ByteBuf buffer,
            @Nullable OwnedFlow owner,
            int flowHash,
            long tag,
            long enqueuedNanos,
            long enqueuedServiceNanos) {
        this.buffer = buffer;
        this.owner = owner;
        this.flowHash = flowHash;
        this.tag = tag;
        this.enqueuedNanos = enqueuedNanos;
        this.enqueuedServiceNanos = enqueuedServiceNanos;
    }

    void end() {
        buffer.release();
        buffer = Unpooled.EMPTY_BUFFER;
        owner = null;
    }

    void moveTo(TrafficClass trafficClass) {
        this.trafficClass = trafficClass;
    }

    /** Whose it is; null: it is an IP packet. */
    public @Nullable OwnedFlow owner() {
        return owner;
    }

    /** The IP packet, or the flow's bytes, from its readerIndex on; the queue's, valid until released. */
    public ByteBuf buffer() {
        return buffer;
    }

    public int length() {
        return buffer.readableBytes();
    }

    /** The handle that came with the packet, 0 where none did. */
    public long tag() {
        return tag;
    }

    /** The class from which it leaves, which may be lower than what the packet alone asked for. */
    public TrafficClass trafficClass() {
        return trafficClass;
    }

    public int flowHash() {
        return flowHash;
    }

    public long enqueuedNanos() {
        return enqueuedNanos;
    }

    /** When it came, by the {@link ServiceClock}. */
    long enqueuedServiceNanos() {
        return enqueuedServiceNanos;
    }
}
