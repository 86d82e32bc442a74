package dev.tunbridge.bridge.relay;

/**
 * Bytes that all directions of all channels hold together. Each has {@link RelayLimits#OWN_BYTES} for itself; of the rest each may have as
 * much as is free (dynamic thresholds, Choudhury and Hahne 1998, with a factor of one): one alone takes half, n of them an n+1st each, and
 * a newcomer always finds something.
 */
final class SharedBytes {
    private final long poolBytes;
    private long pooledBytes;
    private long heldBytes;

    SharedBytes(RelayLimits limits) {
        poolBytes = limits.totalBytes() - 2L * RelayLimits.OWN_BYTES * limits.channels();
    }

    /** How much one may hold that holds so much now. It may be less: then it holds on to what it has, and gets no more. */
    long mostBytes(long held) {
        return RelayLimits.OWN_BYTES + (poolBytes - pooledBytes + pooled(held)) / 2;
    }

    /** One holds another number of bytes from now on. */
    void change(long from, long to) {
        heldBytes += to - from;
        pooledBytes += pooled(to) - pooled(from);
    }

    long heldBytes() {
        return heldBytes;
    }

    private static long pooled(long held) {
        return Math.max(0, held - RelayLimits.OWN_BYTES);
    }
}
