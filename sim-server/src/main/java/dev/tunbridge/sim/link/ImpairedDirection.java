package dev.tunbridge.sim.link;

import io.netty.buffer.ByteBuf;
import java.util.SplittableRandom;

/**
 * One direction of the link, without clock or device. Time runs in nanoseconds from the start of the link; the same
 * seed and the same packets at the same times have the same fates. Used by one thread.
 *
 * <pre>
 *   offer ─► queue (bytes bounded) ─► line (rate) ─► lost? ─► delay ± jitter ─► poll
 *                                                     └─ reordered: skips the delay ─┘
 * </pre>
 *
 * A packet's fate is decided when its last bit has left, so a change of the impairment meets all that still waits in
 * the queue. Order is kept within the delay, whatever the jitter: two queues, each in order of time, are all that is
 * needed, and no heap.
 */
final class ImpairedDirection {
    static final int ETHERNET_HEADER_BYTES = 14;

    private final PacketPool pool;
    private final LinkCounters counters;
    private final ChanceDraw loss;
    private final BurstLoss burstLoss;
    private final ChanceDraw reorder;
    private final ChanceDraw duplicate;
    private final ChanceDraw corrupt;
    private final SplittableRandom jitter;
    private final SplittableRandom bits;
    private Impairment impairment;
    private DataByteDrops drops;
    private long blackoutUntilNanos;

    /** Times are those of arrival. */
    private final PacketQueue waiting = new PacketQueue();
    /** When the last bit of the first waiting packet leaves; meaningless while none waits. */
    private long departureNanos;

    private long lineFreeNanos;

    /** Times are those of delivery. */
    private final PacketQueue delayed = new PacketQueue();

    private final PacketQueue overtaking = new PacketQueue();
    private long lastDeliveryNanos;
    private int polledLength;

    ImpairedDirection(Impairment impairment, long seed, PacketPool pool, LinkCounters counters) {
        this.impairment = impairment;
        this.pool = pool;
        this.counters = counters;
        // A source of its own for each cause: switching one on leaves the fates that the others deal as they were.
        SplittableRandom seeds = new SplittableRandom(seed);
        loss = new ChanceDraw(impairment.loss(), seeds.split());
        burstLoss = new BurstLoss(impairment.gilbertElliott(), seeds.split());
        reorder = new ChanceDraw(impairment.reorder(), seeds.split());
        duplicate = new ChanceDraw(impairment.duplicate(), seeds.split());
        corrupt = new ChanceDraw(impairment.corrupt(), seeds.split());
        jitter = seeds.split();
        bits = seeds.split();
        drops = new DataByteDrops(impairment.drops());
    }

    /** Takes over a slot of the pool that holds one Ethernet frame. */
    void offer(int slot, int lengthBytes, long nowNanos) {
        advance(nowNanos);
        counters.countReceived(lengthBytes);
        if (waiting.isEmpty() && impairment.bitsPerSecond() == 0) {
            transmit(slot, lengthBytes, nowNanos);
            return;
        }
        if (waiting.isEmpty()) {
            departureNanos = Math.max(nowNanos, lineFreeNanos) + transmissionNanos(lengthBytes);
        } else if (waiting.bytes() + lengthBytes > impairment.queueBytes()) {
            drop(slot, LinkEvent.QUEUE_FULL);
            return;
        }
        waiting.add(slot, lengthBytes, nowNanos);
    }

    /**
     * The next packet that is due, or {@link PacketPool#NONE}. The slot is now the caller's, who gives it back to the
     * pool; {@link #polledLength} says how long the frame is.
     */
    int poll(long nowNanos) {
        advance(nowNanos);
        long delayedNanos = delayed.isEmpty() ? Long.MAX_VALUE : delayed.headTime();
        long overtakingNanos = overtaking.isEmpty() ? Long.MAX_VALUE : overtaking.headTime();
        if (Math.min(delayedNanos, overtakingNanos) > nowNanos) {
            return PacketPool.NONE;
        }
        PacketQueue first = overtakingNanos < delayedNanos ? overtaking : delayed;
        polledLength = first.headLength();
        return first.remove();
    }

    int polledLength() {
        return polledLength;
    }

    /** When {@link #poll} has something to do next; {@link Long#MAX_VALUE} when the link is empty. */
    long nextEventNanos() {
        long next = Long.MAX_VALUE;
        if (!waiting.isEmpty()) {
            next = departureNanos;
        }
        if (!delayed.isEmpty()) {
            next = Math.min(next, delayed.headTime());
        }
        if (!overtaking.isEmpty()) {
            next = Math.min(next, overtaking.headTime());
        }
        return next;
    }

    /** What is already delayed keeps its time; what waits is sent at the new rate, the frame on the line included. */
    void change(Impairment newImpairment, long nowNanos) {
        advance(nowNanos);
        if (!newImpairment.drops().equals(impairment.drops())) {
            drops = new DataByteDrops(newImpairment.drops());
        }
        boolean newRate = newImpairment.bitsPerSecond() != impairment.bitsPerSecond();
        impairment = newImpairment;
        loss.change(newImpairment.loss());
        burstLoss.change(newImpairment.gilbertElliott());
        reorder.change(newImpairment.reorder());
        duplicate.change(newImpairment.duplicate());
        corrupt.change(newImpairment.corrupt());
        if (newRate && !waiting.isEmpty()) {
            lineFreeNanos = nowNanos;
            departureNanos = nowNanos + transmissionNanos(waiting.headLength());
        }
        advance(nowNanos);
    }

    /** Nothing enters the wire before that time; besides the blackouts of the impairment. */
    void blackOutUntil(long untilNanos, long nowNanos) {
        advance(nowNanos);
        blackoutUntilNanos = untilNanos;
    }

    /** Late calls do not slow the line: each packet leaves at the time at which it would have left. */
    private void advance(long nowNanos) {
        while (!waiting.isEmpty() && departureNanos <= nowNanos) {
            int lengthBytes = waiting.headLength();
            int slot = waiting.remove();
            lineFreeNanos = departureNanos;
            transmit(slot, lengthBytes, departureNanos);
            if (!waiting.isEmpty()) {
                departureNanos = Math.max(waiting.headTime(), lineFreeNanos) + transmissionNanos(waiting.headLength());
            }
        }
    }

    private void transmit(int slot, int lengthBytes, long leftNanos) {
        // Every loss is drawn for every packet, so that one cause does not shift the sequence of another.
        boolean exactly = drops.hits(pool.buffer(slot), pool.index(slot), lengthBytes);
        boolean lost = loss.next();
        boolean lostInBurst = burstLoss.next();
        if (exactly) {
            drop(slot, LinkEvent.DROPPED_EXACTLY);
        } else if (leftNanos < blackoutUntilNanos || impairment.blackout().covers(leftNanos)) {
            drop(slot, LinkEvent.BLACKED_OUT);
        } else if (lost) {
            drop(slot, LinkEvent.LOST);
        } else if (lostInBurst) {
            drop(slot, LinkEvent.LOST_IN_BURST);
        } else {
            propagate(slot, lengthBytes, leftNanos);
        }
    }

    private void propagate(int slot, int lengthBytes, long leftNanos) {
        int copy = duplicate.next() ? copy(slot, lengthBytes) : PacketPool.NONE;
        if (corrupt.next()) {
            flipBit(slot, lengthBytes);
        }
        PacketQueue lane;
        long deliveryNanos;
        if (reorder.next()) {
            counters.count(LinkEvent.REORDERED);
            lane = overtaking;
            deliveryNanos = leftNanos;
        } else {
            lane = delayed;
            deliveryNanos = Math.max(leftNanos + delayNanos(), lastDeliveryNanos);
            lastDeliveryNanos = deliveryNanos;
        }
        lane.add(slot, lengthBytes, deliveryNanos);
        if (copy != PacketPool.NONE) {
            counters.count(LinkEvent.DUPLICATED);
            lane.add(copy, lengthBytes, deliveryNanos);
        }
    }

    private long delayNanos() {
        long jitterNanos = impairment.jitterNanos();
        if (jitterNanos == 0) {
            return impairment.delayNanos();
        }
        return impairment.delayNanos() + (long) (jitterNanos * (2 * jitter.nextDouble() - 1));
    }

    private long transmissionNanos(int lengthBytes) {
        long bitsPerSecond = impairment.bitsPerSecond();
        return bitsPerSecond == 0 ? 0 : lengthBytes * 8_000_000_000L / bitsPerSecond;
    }

    private int copy(int slot, int lengthBytes) {
        int copy = pool.take();
        if (copy != PacketPool.NONE) {
            pool.buffer(slot).getBytes(pool.index(slot), pool.buffer(copy), pool.index(copy), lengthBytes);
        }
        return copy;
    }

    /** Behind the Ethernet header: a frame to a mangled hardware address would be lost, not corrupted. */
    private void flipBit(int slot, int lengthBytes) {
        if (lengthBytes <= ETHERNET_HEADER_BYTES) {
            return;
        }
        counters.count(LinkEvent.CORRUPTED);
        long bit = Math.floorMod(bits.nextLong(), (lengthBytes - ETHERNET_HEADER_BYTES) * 8L);
        int index = pool.index(slot) + ETHERNET_HEADER_BYTES + (int) (bit >> 3);
        ByteBuf buffer = pool.buffer(slot);
        buffer.setByte(index, buffer.getByte(index) ^ (1 << (bit & 7)));
    }

    private void drop(int slot, LinkEvent cause) {
        counters.count(cause);
        pool.give(slot);
    }
}
