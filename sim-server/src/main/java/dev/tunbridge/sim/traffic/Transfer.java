package dev.tunbridge.sim.traffic;

/**
 * One finished transfer.
 *
 * @param bytes how many arrived
 * @param nanos from the request to the last byte
 * @param firstByteNanos from the request to the first byte
 * @param isIntact whether both ends computed the same SHA-256 over the same number of bytes
 */
public record Transfer(long bytes, long nanos, long firstByteNanos, boolean isIntact) {

    public double megabitsPerSecond() {
        return nanos == 0 ? 0 : bytes * 8e3 / nanos;
    }
}
