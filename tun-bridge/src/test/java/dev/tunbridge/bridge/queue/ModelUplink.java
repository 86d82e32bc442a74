package dev.tunbridge.bridge.queue;

import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;

/**
 * The egress queue in virtual time between model senders and a model of the outer connection: a socket that takes packets until
 * its unsent bytes reach a limit and again when half of them are gone, sends at a fixed rate, and now and then stands still.
 */
final class ModelUplink {
    static final long MS = 1_000_000;
    static final long SECOND = 1_000 * MS;

    final EgressQueue queue;
    private final long bytesPerSecond;
    private final long rttNanos;
    private final int lowatBytes;
    private final boolean canMark;
    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private final Map<Long, ModelSender> senders = new HashMap<>();
    private final List<long[]> stalls = new ArrayList<>();
    private final Map<Integer, List<Long>> sojourns = new HashMap<>();
    private long nowNanos;
    private long eventsMade;
    private long lineFreeNanos;
    private int unsentBytes;
    private boolean writable = true;
    private boolean pulling;
    private long measureFromNanos;
    private long tags;
    private long deliveredBytes;
    private long markedTag;

    private record Event(long atNanos, long order, Runnable action) implements Comparable<Event> {
        @Override
        public int compareTo(Event other) {
            int byTime = Long.compare(atNanos, other.atNanos);
            return byTime != 0 ? byTime : Long.compare(order, other.order);
        }
    }

    /** @param canMark whether senders know of ECN */
    ModelUplink(
            QueueOptions options,
            long bytesPerSecond,
            long rttNanos,
            int lowatBytes,
            boolean canMark,
            CodelTiming timing) {
        this.bytesPerSecond = bytesPerSecond;
        this.rttNanos = rttNanos;
        this.lowatBytes = lowatBytes;
        this.canMark = canMark;
        queue = new EgressQueue(UnpooledByteBufAllocator.DEFAULT, options, EgressQueue.MAX_FLOWS, timing);
        queue.path(new OuterPath(rttNanos, 0, bytesPerSecond, OuterPath.Phase.SETTLED));
        queue.listen(new Tell());
    }

    /** The tag of the last packet that was sent. */
    long lastTag() {
        return tags;
    }

    void after(long delayNanos, Runnable action) {
        events.add(new Event(nowNanos + delayNanos, eventsMade++, action));
    }

    /** The outer connection sends nothing from then on for so long. In the order of time. */
    void stall(long fromNanos, long nanos) {
        stalls.add(new long[] {fromNanos, fromNanos + nanos});
    }

    /** What is sent and delivered from now on counts. */
    void measure() {
        measureFromNanos = nowNanos;
        deliveredBytes = 0;
        sojourns.clear();
    }

    void run(long nanos) {
        long until = nowNanos + nanos;
        while (true) {
            Event next = events.peek();
            if (next == null || next.atNanos > until) {
                nowNanos = until;
                return;
            }
            events.remove();
            nowNanos = next.atNanos;
            next.action.run();
        }
    }

    /** How much of the line's rate was used, of the time that it did not stand still. */
    double utilisation() {
        long nanos = nowNanos - measureFromNanos;
        for (long[] stall : stalls) {
            nanos -= Math.max(0, Math.min(nowNanos, stall[1]) - Math.max(measureFromNanos, stall[0]));
        }
        return (double) deliveredBytes * SECOND / nanos / bytesPerSecond;
    }

    /** How long packets of a flow waited in the queue, in milliseconds. */
    double sojournMillis(int flow, double percent) {
        List<Long> sorted = new ArrayList<>(sojourns.getOrDefault(flow, List.of()));
        if (sorted.isEmpty()) {
            throw new IllegalStateException("nothing was measured of flow " + flow);
        }
        sorted.sort(null);
        return (double) sorted.get((int) Math.min(sorted.size() - 1, sorted.size() * percent / 100)) / MS;
    }

    /** A packet of somebody who wants to know what becomes of it. */
    void send(ModelSender sender, int length) {
        senders.put(tags + 1, sender);
        send(sender.flow(), length);
    }

    /** A packet of somebody who does not. */
    void send(int flow, int length) {
        long tag = ++tags;
        if (!QueueRig.offer(queue, QueueRig.udp(flow, length), tag, nowNanos)) {
            lose(tag);
        }
        pull();
    }

    private void pull() {
        if (pulling) {
            return;
        }
        pulling = true;
        while (writable) {
            QueuedPacket packet = queue.poll(nowNanos);
            if (packet == null) {
                break;
            }
            transmit(packet);
            queue.release(packet);
        }
        pulling = false;
    }

    private void transmit(QueuedPacket packet) {
        long sojourn = nowNanos - packet.enqueuedNanos();
        sojourns.computeIfAbsent(QueueRig.flow(packet), flow -> new ArrayList<>())
                .add(sojourn);
        int length = packet.length();
        unsentBytes += length;
        writable = unsentBytes < lowatBytes;
        lineFreeNanos = Math.max(lineFreeNanos, nowNanos) + length * SECOND / bytesPerSecond;
        for (long[] stall : stalls) {
            if (lineFreeNanos > stall[0] && lineFreeNanos <= stall[1]) {
                lineFreeNanos = stall[1] + length * SECOND / bytesPerSecond;
            }
        }
        long tag = packet.tag();
        boolean isMarked = markedTag == tag;
        after(lineFreeNanos - nowNanos, () -> sent(tag, length, isMarked));
    }

    private void sent(long tag, int length, boolean isMarked) {
        unsentBytes -= length;
        deliveredBytes += length;
        after(rttNanos, () -> {
            ModelSender sender = senders.remove(tag);
            if (sender != null) {
                sender.acknowledged(tag, isMarked);
            }
        });
        if (!writable && unsentBytes <= lowatBytes / 2) {
            writable = true;
            pull();
        }
    }

    private void lose(long tag) {
        ModelSender sender = senders.remove(tag);
        if (sender != null) {
            after(rttNanos, () -> sender.lost(tag)); // as duplicate acknowledgements would tell
        }
    }

    private final class Tell implements QueueListener {
        @Override
        public boolean mark(QueuedPacket packet) {
            if (canMark) {
                markedTag = packet.tag();
            }
            return canMark;
        }

        @Override
        public boolean mayDrop(QueuedPacket packet) {
            return true;
        }

        @Override
        public void onDropped(QueuedPacket packet) {
            lose(packet.tag());
        }
    }
}
