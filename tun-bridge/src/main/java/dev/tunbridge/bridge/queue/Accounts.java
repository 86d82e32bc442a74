package dev.tunbridge.bridge.queue;

import java.util.EnumMap;
import java.util.Map;

/** What waits and what became of what does not, by class and together. */
final class Accounts {
    private static final TrafficClass[] CLASSES = TrafficClass.values();

    private final ClassAccount[] byClass = new ClassAccount[CLASSES.length];
    private int packets;
    private int bytes;
    private long memoryBytes;
    private int peakBytes;
    private int recentPeakBytes;

    Accounts() {
        for (int i = 0; i < byClass.length; i++) {
            byClass[i] = new ClassAccount();
        }
    }

    ClassAccount of(TrafficClass trafficClass) {
        return byClass[trafficClass.ordinal()];
    }

    void entered(TrafficClass trafficClass, QueuedPacket packet) {
        of(trafficClass).entered(1, packet.length());
        packets++;
        bytes += packet.length();
        memoryBytes += memoryBytes(packet);
        peakBytes = Math.max(peakBytes, bytes);
        recentPeakBytes = Math.max(recentPeakBytes, bytes);
    }

    /** The most that waited since this was asked last. */
    int takePeakBytes() {
        int peak = recentPeakBytes;
        recentPeakBytes = bytes;
        return peak;
    }

    void left(QueuedPacket packet) {
        of(packet.trafficClass()).left(1, packet.length());
        packets--;
        bytes -= packet.length();
        memoryBytes -= memoryBytes(packet);
    }

    void moved(FlowQueue flow, TrafficClass to) {
        of(flow.trafficClass).left(flow.packets(), flow.bytes());
        of(to).entered(flow.packets(), flow.bytes());
    }

    int packets() {
        return packets;
    }

    int bytes() {
        return bytes;
    }

    int peakBytes() {
        return peakBytes;
    }

    /** What the bound counts: small packets cost more than their bytes, and what others bound costs nothing. */
    long memoryBytes() {
        return memoryBytes;
    }

    private static long memoryBytes(QueuedPacket packet) {
        return packet.owner() == null ? packet.length() + EgressQueue.PACKET_OVERHEAD_BYTES : 0;
    }

    Map<TrafficClass, QueueStats.OfClass> snapshot() {
        Map<TrafficClass, QueueStats.OfClass> classes = new EnumMap<>(TrafficClass.class);
        for (TrafficClass trafficClass : CLASSES) {
            classes.put(trafficClass, of(trafficClass).snapshot());
        }
        return classes;
    }
}
