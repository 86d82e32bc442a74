package dev.tunbridge.bridge.queue;

import dev.tunbridge.bridge.measure.WaitHistogram;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;

/**
 * The egress queue at one moment. Over all classes, offered packets are those sent, dropped, cleared and still waiting.
 *
 * @param packets waiting now
 * @param bytes waiting now
 * @param peakBytes most that ever waited
 * @param flows flows with something waiting; pure acknowledgements count as a flow of their own
 * @param cleared packets that waited when a connection ended
 * @param pauses how often the outer connection stood still for longer than it takes to send what it had
 * @param targetNanos CoDel's target: a queue that stays longer than this, measured in time, gets a signal
 * @param intervalNanos CoDel's interval: how long it must have stayed so
 * @param classes the same by class
 */
public record QueueStats(
        int packets,
        int bytes,
        int peakBytes,
        int flows,
        long cleared,
        long pauses,
        long targetNanos,
        long intervalNanos,
        Map<TrafficClass, OfClass> classes) {

    public QueueStats {
        Map<TrafficClass, OfClass> inOrder = new EnumMap<>(TrafficClass.class);
        inOrder.putAll(classes);
        classes = Collections.unmodifiableMap(inOrder);
    }

    /**
     * One class. A packet is counted where it is: a flow that sends something lower takes down what it has waiting.
     *
     * @param packets waiting now
     * @param bytes waiting now
     * @param peakBytes most that ever waited
     * @param offered packets that came because they could not leave at once
     * @param sent packets that left for the server
     * @param marked of these, with a congestion mark
     * @param droppedByCodel dropped to tell a sender to slow down
     * @param droppedByBound dropped or refused because the memory was used up
     * @param droppedBytes bytes of both
     * @param waits how long the sent ones waited
     */
    public record OfClass(
            int packets,
            int bytes,
            int peakBytes,
            long offered,
            long sent,
            long marked,
            long droppedByCodel,
            long droppedByBound,
            long droppedBytes,
            WaitHistogram waits) {

        public long dropped() {
            return droppedByCodel + droppedByBound;
        }
    }

    /** One class; all are there. */
    public OfClass of(TrafficClass trafficClass) {
        OfClass found = classes.get(trafficClass);
        if (found == null) {
            throw new IllegalArgumentException("no counters of " + trafficClass);
        }
        return found;
    }

    /** Packets offered, over all classes. */
    public long offered() {
        return classes.values().stream().mapToLong(OfClass::offered).sum();
    }

    /** Packets sent, over all classes. */
    public long sent() {
        return classes.values().stream().mapToLong(OfClass::sent).sum();
    }

    /** Packets marked, over all classes. */
    public long marked() {
        return classes.values().stream().mapToLong(OfClass::marked).sum();
    }

    /** Packets dropped for whatever reason, over all classes. */
    public long dropped() {
        return classes.values().stream().mapToLong(OfClass::dropped).sum();
    }
}
