package dev.tunbridge.sim.pipeline;

import java.time.Duration;

/**
 * One run of the pipeline.
 *
 * @param queueLength of the device, in packets
 * @param packetsPerSecond that the reader takes at most
 * @param length of the measured time
 */
public record PipelineOptions(int queueLength, int packetsPerSecond, Shaping shaping, Duration length) {
    private static final int MAX_QUEUE_LENGTH = 100_000;

    /** What one thread reads by itself is a few hundred thousand; more would measure that. */
    private static final int MAX_PACKETS_PER_SECOND = 200_000;

    public PipelineOptions {
        if (queueLength < 1 || queueLength > MAX_QUEUE_LENGTH) {
            throw new IllegalArgumentException(
                    "queueLength: " + queueLength + " is not valid; allowed: 1 to " + MAX_QUEUE_LENGTH);
        }
        if (packetsPerSecond < 1 || packetsPerSecond > MAX_PACKETS_PER_SECOND) {
            throw new IllegalArgumentException(
                    "packetsPerSecond: " + packetsPerSecond + " is not valid; allowed: 1 to " + MAX_PACKETS_PER_SECOND);
        }
        if (length.isNegative() || length.isZero()) {
            throw new IllegalArgumentException("length: " + length + " is not valid; allowed: more than zero");
        }
    }
}
