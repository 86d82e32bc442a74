package dev.tunbridge.reassembly.recovery;

import dev.tunbridge.protocol.frame.BoundaryGrade;
import dev.tunbridge.reassembly.wire.SequenceNumber;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;

/**
 * Frames that wait for their flow, in a queue for each. When a flow moves on only its own queue is looked at, and only
 * as far as its frames are ripe: whoever can make many frames wait must not make each delivery look at all of them.
 * Bounded; one thread.
 */
final class KeptFrames {
    static final int CAPACITY = 16_384;

    private static final int KIND = EarlyHandler.OTHER_KIND;

    private static final Comparator<Kept> BY_NUMBER = ((Comparator<Kept>)
                    (a, b) -> SequenceNumber.difference((int) a.ticket, (int) b.ticket))
            .thenComparingLong(Kept::start);

    /** By the upper half of the ticket. */
    private final Map<Integer, PriorityQueue<Kept>> queues = new HashMap<>();

    private int size;

    /** A frame by the place where it starts. */
    private record Kept(long start, BoundaryGrade grade, long ticket) {
        int queue() {
            return (int) (ticket >>> Integer.SIZE);
        }
    }

    /** Offers frames again. */
    interface Offer {
        /** As {@link EarlyHandler#isRipe}. */
        boolean isRipe(long ticket);

        /** As {@link EarlyHandler#onEarlyFrame}; {@link EarlyHandler#REFUSED} also if there is nothing to offer any more. */
        long offer(long start, BoundaryGrade grade);

        /** As {@link EarlyHandler#flow}. */
        int flow();
    }

    boolean isEmpty() {
        return size == 0;
    }

    /** Where there is no room the frame is left to the kernel lane. */
    void keep(long start, BoundaryGrade grade, long ticket) {
        if (size < CAPACITY) {
            add(new Kept(start, grade, ticket));
        }
    }

    private void add(Kept frame) {
        queues.computeIfAbsent(frame.queue(), queue -> new PriorityQueue<>(BY_NUMBER))
                .add(frame);
        size++;
    }

    void clear() {
        queues.clear();
        size = 0;
    }

    /** The kernel lane has come to this offset. */
    void passed(long offset) {
        for (Iterator<PriorityQueue<Kept>> each = queues.values().iterator(); each.hasNext(); ) {
            PriorityQueue<Kept> queue = each.next();
            int before = queue.size();
            queue.removeIf(frame -> frame.start < offset);
            size -= before - queue.size();
            if (queue.isEmpty()) {
                each.remove();
            }
        }
    }

    /** Offers what is ripe, of all flows. */
    void offerAll(Offer offer) {
        Set<Integer> flows = new LinkedHashSet<>();
        queues.keySet().forEach(queue -> flows.add(queue & ~KIND));
        offerOf(flows, offer);
    }

    /** Offers what is ripe of one flow. */
    void offerOf(int flow, Offer offer) {
        if (size > 0) {
            Set<Integer> flows = new LinkedHashSet<>();
            flows.add(flow);
            offerOf(flows, offer);
        }
    }

    /** What is delivered may make more ripe, of the same flow or, where frames did not know theirs, of another. */
    private void offerOf(Set<Integer> flows, Offer offer) {
        while (!flows.isEmpty()) {
            int flow = flows.iterator().next();
            flows.remove(flow);
            drain(flow, flows, offer);
            drain(flow | KIND, flows, offer);
        }
    }

    private void drain(int key, Set<Integer> moved, Offer offer) {
        PriorityQueue<Kept> queue = queues.get(key);
        if (queue == null) {
            return;
        }
        List<Kept> again = new ArrayList<>();
        for (Kept next = queue.peek(); next != null && offer.isRipe(next.ticket); next = queue.peek()) {
            queue.remove();
            size--;
            long answer = offer.offer(next.start, next.grade);
            if (answer == EarlyHandler.DELIVERED) {
                moved.add(offer.flow());
            } else if (answer >= 0) {
                again.add(new Kept(next.start, next.grade, answer));
            }
        }
        if (queue.isEmpty()) {
            queues.remove(key);
        }
        again.forEach(this::add);
    }
}
