package dev.tunbridge.bridge.queue;

import dev.tunbridge.bridge.flow.InnerPacket;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Packets from the device that the outer connection cannot take yet, bounded in memory, pulled by whoever fills the socket.
 *
 * <pre>
 *   offer ► Classifier ► FairQueueing: prompt     ─ flows in turn ─┐ 7/8
 *                                      bulk       ─ flows in turn ─┼──────► CoDel ► poll
 *                                      background ─ flows in turn ─┘ 1/16 of the rest
 *                        (or TailDrop: a FIFO for each)
 * </pre>
 *
 * {@link OwnedFlow}s, which their owners bound, take turns among them. No flow is reordered, but that its pure acknowledgements may overtake its data. A packet is copied in, because the
 * device's read buffer is reused at once; the copy is released by {@link #release}. Work is the same for each packet,
 * however many wait. Loop thread only; in steady state nothing is allocated but from the buffer pool.
 */
public final class EgressQueue {

    /** Holds a DNS answer, a voice frame or a keystroke. */
    public static final int SMALL_PACKET_BYTES = 256;

    /** What a packet costs besides its bytes: its entry, its buffer's and perhaps its flow's, and what the pool rounds up. */
    public static final int PACKET_OVERHEAD_BYTES = 256;

    /** Flows that are told apart. Each takes some 200 bytes, once. */
    static final int MAX_FLOWS = 1024;

    private final Accounts accounts = new Accounts();
    private final CodelTiming timing;
    private final ServiceClock clock;
    private final Classifier classifier;
    private final PacketPool pool;
    private final Signals signals;
    private final Discipline discipline;
    private final Consumer<QueuedPacket> discarded = this::discarded;
    private int largestBytes = FairQueueing.LEAST_QUANTUM_BYTES;
    private long cleared;

    public EgressQueue(ByteBufAllocator allocator, QueueOptions options) {
        this(allocator, options, MAX_FLOWS, new CodelTiming());
    }

    EgressQueue(ByteBufAllocator allocator, QueueOptions options, int maxFlows, CodelTiming timing) {
        this.timing = timing;
        clock = new ServiceClock(timing);
        classifier = new Classifier(options.promptPorts());
        pool = new PacketPool(allocator);
        signals = new Signals(options.ecn(), accounts, pool);
        discipline = options.aqm()
                ? new FairQueueing(accounts, signals, timing, options.maxBytes(), maxFlows)
                : new TailDrop(accounts, options.maxBytes());
    }

    /** Who carries out marks and hears of drops, from now on; {@link QueueListener#DROPS} before. */
    public void listen(QueueListener listener) {
        signals.listen(listener);
    }

    /** What is known of the path, as often as it changes. */
    public void path(OuterPath path) {
        timing.follow(path, largestBytes);
    }

    /**
     * Takes a copy of one packet. To make room others may be dropped, of which the listener hears within the call.
     *
     * @param packet the view of it, for its class
     * @param index where its IP header begins in the view's buffer
     * @param length its bytes
     * @param flowHash the same for all packets of its flow
     * @param tag the caller's handle, 0 for none; comes back in {@link QueuedPacket#tag}
     * @return false: it was refused for want of room, and counted; the listener does not hear of it
     */
    public boolean offer(InnerPacket packet, int index, int length, int flowHash, long tag, long nowNanos) {
        Kind kind = classifier.kind(packet, index, length);
        if (!discipline.makeRoom(kind, length + PACKET_OVERHEAD_BYTES)) {
            ClassAccount account = accounts.of(kind.trafficClass());
            account.offered++;
            account.droppedByBound++;
            account.droppedBytes += length;
            return false;
        }
        add(kind, packet.buffer(), index, length, null, flowHash, tag, nowNanos);
        return true;
    }

    /**
     * Takes a copy of what one frame of an owned flow will carry, behind what waits of it.
     *
     * @param devicePort of the flow, with {@code clientPort} for its class
     * @param buffer the caller's, valid during the call
     */
    public void offer(
            OwnedFlow flow, int devicePort, int clientPort, ByteBuf buffer, int index, int length, long nowNanos) {
        Kind kind = classifier.kind(devicePort, clientPort, length);
        add(kind, buffer, index, length, flow, System.identityHashCode(flow), 0, nowNanos);
    }

    private void add(
            Kind kind,
            ByteBuf buffer,
            int index,
            int length,
            @Nullable OwnedFlow owner,
            int flowHash,
            long tag,
            long nowNanos) {
        if (isEmpty()) {
            clock.begin(nowNanos);
        }
        largestBytes = Math.max(largestBytes, length);
        accounts.of(kind.trafficClass()).offered++;
        discipline.add(pool.copy(buffer, index, length, owner, flowHash, tag, nowNanos, clock.read(nowNanos)), kind);
    }

    /** Throws away what waits of a flow whose owner is done with it; the listener does not hear of it. */
    public void discard(OwnedFlow flow) {
        discipline.discard(flow, discarded);
    }

    private void discarded(QueuedPacket packet) {
        pool.release(packet);
        cleared++;
    }

    /**
     * The next packet to send, or null; the caller gives it back through {@link #release}. Only who can send it at once
     * may ask: when the outer connection takes packets and when it stands still is told from these calls.
     */
    public @Nullable QueuedPacket poll(long nowNanos) {
        if (isEmpty()) {
            return null;
        }
        QueuedPacket packet = discipline.poll(clock.pull(nowNanos));
        if (packet != null) {
            clock.pulled(packet.length());
            ClassAccount account = accounts.of(packet.trafficClass());
            account.sent++;
            account.waits.record(nowNanos - packet.enqueuedNanos());
        }
        return packet;
    }

    /** Returns a polled packet; its buffer goes back to the pool. */
    public void release(QueuedPacket packet) {
        pool.release(packet);
    }

    /** Throws everything away, for the end of a connection; the listener does not hear of it. Returns how many packets that were. */
    public int clear() {
        int count = 0;
        for (QueuedPacket packet = discipline.discard(); packet != null; packet = discipline.discard()) {
            pool.release(packet);
            count++;
        }
        cleared += count;
        return count;
    }

    public boolean isEmpty() {
        return accounts.packets() == 0;
    }

    public int bytes() {
        return accounts.bytes();
    }

    /** The most bytes that waited at once since this was asked last. */
    public int takePeakBytes() {
        return accounts.takePeakBytes();
    }

    public int packets() {
        return accounts.packets();
    }

    /** A snapshot of the counters. */
    public QueueStats stats() {
        return new QueueStats(
                accounts.packets(),
                accounts.bytes(),
                accounts.peakBytes(),
                discipline.flows(),
                cleared,
                clock.pauses(),
                timing.targetNanos(),
                timing.intervalNanos(),
                accounts.snapshot());
    }
}
