package dev.tunbridge.bridge.queue;

import org.jspecify.annotations.Nullable;

/** What waits of one flow, or its pure acknowledgements; reused for another flow once nothing does. */
final class FlowQueue {
    /** Set by {@link FlowQueues}. */
    long key;

    @Nullable
    FlowQueue chain;

    /** Set by {@link FlowList}. */
    @Nullable
    FlowList list;

    @Nullable
    FlowQueue before;

    @Nullable
    FlowQueue after;

    /** Set by {@link FatFlows}. */
    int weight = FatFlows.NONE;

    @Nullable
    FlowQueue lighter;

    @Nullable
    FlowQueue heavier;

    /** Bytes that it may still send in this round; negative once it has sent more. */
    int deficit;

    TrafficClass trafficClass = TrafficClass.BULK;

    final Codel codel;

    /** Null: it is one of {@link FlowQueues}. */
    final @Nullable OwnedFlow owner;

    private final PacketFifo packets = new PacketFifo();

    FlowQueue(CodelTiming timing, @Nullable OwnedFlow owner) {
        codel = new Codel(timing);
        this.owner = owner;
    }

    void add(QueuedPacket packet) {
        packets.add(packet);
    }

    @Nullable
    QueuedPacket poll() {
        return inClass(packets.poll());
    }

    @Nullable
    QueuedPacket pollDroppable(Signals signals, int look) {
        return inClass(packets.pollDroppable(signals, look));
    }

    boolean isEmpty() {
        return packets.isEmpty();
    }

    int packets() {
        return packets.packets();
    }

    int bytes() {
        return packets.bytes();
    }

    /** What it holds of the queue's memory. */
    int memoryBytes() {
        return bytes() + packets() * EgressQueue.PACKET_OVERHEAD_BYTES;
    }

    private @Nullable QueuedPacket inClass(@Nullable QueuedPacket packet) {
        if (packet != null) {
            packet.moveTo(trafficClass);
        }
        return packet;
    }
}
