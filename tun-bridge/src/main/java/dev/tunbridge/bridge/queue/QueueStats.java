package dev.tunbridge.bridge.queue;

/**
 * The egress queue at one moment.
 *
 * @param packets waiting now
 * @param bytes waiting now
 * @param peakBytes most that ever waited
 * @param enqueued packets that had to wait
 * @param dropped packets refused because the queue was full
 * @param droppedBytes their bytes
 */
public record QueueStats(int packets, int bytes, int peakBytes, long enqueued, long dropped, long droppedBytes) {}
