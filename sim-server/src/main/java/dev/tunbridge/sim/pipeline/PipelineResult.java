package dev.tunbridge.sim.pipeline;

/**
 * What became of the packets. What was sent is, but for the few that the reader did not come to any more, what was read
 * and dropped.
 *
 * @param sent packets that the sender's socket has taken
 * @param read packets that came out of the device
 * @param dropped packets that the device's queues threw away
 * @param seconds in which they were sent
 */
public record PipelineResult(long sent, long read, long dropped, double seconds) {

    public double lossPercent() {
        return sent == 0 ? 0 : 100.0 * dropped / sent;
    }

    /** What came out, in Mbit/s of whole packets. */
    public double megabitsPerSecond() {
        return read * TunPipeline.PACKET_BYTES * 8 / seconds / 1e6;
    }
}
