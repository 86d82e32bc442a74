package dev.tunbridge.bridge.simulation;

/**
 * What one direction of the path does to packets.
 *
 * @param bytesPerSecond the bottleneck
 * @param queueBytes what may wait for it; more is dropped
 * @param jitterNanos most that is added to the delay, evenly distributed
 * @param keepsOrder whether jitter never lets one packet overtake another
 * @param loss share of packets
 * @param lossBurst mean length of a burst of losses, in packets
 * @param reordering share of packets that wait longer, by up to {@code reorderNanos}
 * @param tickNanos arrivals come at multiples of this, as with interrupt moderation; 1 for none
 */
record LinkTraits(
        long bytesPerSecond,
        int queueBytes,
        long delayNanos,
        long jitterNanos,
        boolean keepsOrder,
        double loss,
        double lossBurst,
        double duplication,
        double corruption,
        double reordering,
        long reorderNanos,
        long tickNanos) {

    /** The same path with all that goes wrong taken away. */
    LinkTraits healed() {
        return new LinkTraits(bytesPerSecond, Integer.MAX_VALUE, delayNanos, 0, true, 0, 1, 0, 0, 0, 0, tickNanos);
    }
}
