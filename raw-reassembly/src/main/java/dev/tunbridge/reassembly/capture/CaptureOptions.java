package dev.tunbridge.reassembly.capture;

import java.util.Optional;

/**
 * What a live source captures, and in how much memory.
 *
 * @param interfaceName the only interface to listen on; without one, all
 * @param ringBytes bound of what is captured and not drained yet, {@link #MIN_RING_BYTES} to {@link #MAX_RING_BYTES}
 */
public record CaptureOptions(Optional<String> interfaceName, CaptureFilter filter, int ringBytes) {
    public static final int MIN_RING_BYTES = 1 << 17;

    /** 17 ms of segments at 60,000 a second, or of super-packets at 700 Mbit/s: several collections of a small heap. */
    public static final int DEFAULT_RING_BYTES = 1 << 22;

    public static final int MAX_RING_BYTES = 1 << 28;

    public CaptureOptions {
        if (ringBytes < MIN_RING_BYTES || ringBytes > MAX_RING_BYTES) {
            throw new IllegalArgumentException(
                    "ringBytes: " + ringBytes + " is not valid; allowed: " + MIN_RING_BYTES + " to " + MAX_RING_BYTES);
        }
    }

    public static CaptureOptions of(CaptureFilter filter) {
        return new CaptureOptions(Optional.empty(), filter, DEFAULT_RING_BYTES);
    }

    public CaptureOptions on(String name) {
        return new CaptureOptions(Optional.of(name), filter, ringBytes);
    }

    public CaptureOptions withRingBytes(int bytes) {
        return new CaptureOptions(interfaceName, filter, bytes);
    }
}
