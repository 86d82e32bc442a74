package dev.tunbridge.bridge.queue;

import dev.tunbridge.bridge.measure.WaitHistogram;

/** The counters of one class. */
final class ClassAccount {
    int packets;
    int bytes;
    int peakBytes;
    long offered;
    long sent;
    long marked;
    long droppedByCodel;
    long droppedByBound;
    long droppedBytes;
    final WaitHistogram waits = new WaitHistogram();

    void entered(int packets, int bytes) {
        this.packets += packets;
        this.bytes += bytes;
        peakBytes = Math.max(peakBytes, this.bytes);
    }

    void left(int packets, int bytes) {
        this.packets -= packets;
        this.bytes -= bytes;
    }

    QueueStats.OfClass snapshot() {
        return new QueueStats.OfClass(
                packets,
                bytes,
                peakBytes,
                offered,
                sent,
                marked,
                droppedByCodel,
                droppedByBound,
                droppedBytes,
                waits.copy());
    }
}
