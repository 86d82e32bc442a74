package dev.tunbridge.bridge.receive;

import dev.tunbridge.bridge.measure.WaitHistogram;
import dev.tunbridge.reassembly.recovery.RecoveryCounters;

/** What the receive paths of one tunnel have seen, connection after connection. Loop thread only. */
public final class ReceiveCounters {
    long bytes;
    long frames;
    long badFrames;
    long skippedBytes;
    long malformedMessages;
    long rests;
    final RecoveryCounters recovery = new RecoveryCounters();
    final WaitHistogram waits = new WaitHistogram();

    /** Bytes read from the kernel. */
    public long bytes() {
        return bytes;
    }

    /** Valid frames of the kernel lane. */
    public long frames() {
        return frames;
    }

    /** Places where a frame should have been and was not. */
    public long badFrames() {
        return badFrames;
    }

    /** Bytes passed over to find the next frame. */
    public long skippedBytes() {
        return skippedBytes;
    }

    /** Valid frames with a payload that means nothing. */
    public long malformedMessages() {
        return malformedMessages;
    }

    /** How often a capture has rested. */
    public long rests() {
        return rests;
    }

    public RecoveryCounters recovery() {
        return recovery;
    }

    /** How long packets waited after all their bytes had been captured. */
    public WaitHistogram waits() {
        return waits;
    }
}
