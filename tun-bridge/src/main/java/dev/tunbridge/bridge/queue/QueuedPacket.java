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
    private int bucket;
    private long tag;
    private long enqueuedNanos;

    void start(ByteBuf buffer, TrafficClass trafficClass, int bucket, long tag, long enqueuedNanos) {
        this.tag = tag;
        this.buffer = buffer;
        this.trafficClass = trafficClass;
        this.bucket = bucket;
        this.enqueuedNanos = enqueuedNanos;
    }

    void end() {
        buffer.release();
        buffer = Unpooled.EMPTY_BUFFER;
    }

    /** The IP packet from its readerIndex on; the queue's, valid until released. */
    public ByteBuf buffer() {
        return buffer;
    }

    public int length() {
        return buffer.readableBytes();
    }

    public TrafficClass trafficClass() {
        return trafficClass;
    }

    /** What who offered it gave it, to know it by. */
    public long tag() {
        return tag;
    }

    public long enqueuedNanos() {
        return enqueuedNanos;
    }

    int bucket() {
        return bucket;
    }
}
