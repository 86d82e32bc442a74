package dev.tunbridge.bridge.queue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;

/** One packet in the egress queue; reused by the queue. */
public final class QueuedPacket {
    @Nullable
    QueuedPacket next;

    private ByteBuf buffer = Unpooled.EMPTY_BUFFER;
    private TrafficClass trafficClass = TrafficClass.BULK;
    private int flowHash;
    private long tag;
    private long enqueuedNanos;
    private long enqueuedServiceNanos;

    void start(ByteBuf buffer, int flowHash, long tag, long enqueuedNanos, long enqueuedServiceNanos) {
        this.buffer = buffer;
        this.flowHash = flowHash;
        this.tag = tag;
        this.enqueuedNanos = enqueuedNanos;
        this.enqueuedServiceNanos = enqueuedServiceNanos;
    }

    void end() {
        buffer.release();
        buffer = Unpooled.EMPTY_BUFFER;
    }

    void moveTo(TrafficClass trafficClass) {
        this.trafficClass = trafficClass;
    }

    /** The IP packet from its readerIndex on; the queue's, valid until released. */
    public ByteBuf buffer() {
        return buffer;
    }

    public int length() {
        return buffer.readableBytes();
    }

    /** The handle that came with it, 0 where none did. */
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
