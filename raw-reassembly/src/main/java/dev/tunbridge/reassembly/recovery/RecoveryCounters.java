package dev.tunbridge.reassembly.recovery;

import dev.tunbridge.reassembly.stream.Rejection;
import java.util.EnumMap;
import java.util.Map;

/** What the raw lanes of one tunnel have done, connection after connection. One thread. */
public final class RecoveryCounters {
    private static final Rejection[] REASONS = Rejection.values();

    private final long[] rejected = new long[REASONS.length];
    long segments;
    long holes;
    long earlyFrames;
    long earlyBytes;
    long earlyProven;
    long swallowed;
    long putOff;
    long refused;
    long conflicts;
    long mismatchedBytes;
    long mismatchedBoundaries;
    long contradictions;
    long overCap;
    long kernelLost;
    long anchors;
    long probedBytes;
    long heldPeakBytes;
    int memoryPeakBytes;

    void rejected(Rejection reason) {
        rejected[reason.ordinal()]++;
    }

    /** Segments that were not used, by reason; only reasons that occurred. */
    public Map<Rejection, Long> rejected() {
        Map<Rejection, Long> map = new EnumMap<>(Rejection.class);
        for (Rejection reason : REASONS) {
            if (rejected[reason.ordinal()] > 0) {
                map.put(reason, rejected[reason.ordinal()]);
            }
        }
        return map;
    }

    /** Segments that were looked at. */
    public long segments() {
        return segments;
    }

    /** How often a segment has shown a new hole. */
    public long holes() {
        return holes;
    }

    public long earlyFrames() {
        return earlyFrames;
    }

    /** Bytes of these frames on the wire. */
    public long earlyBytes() {
        return earlyBytes;
    }

    /** Those of them whose boundary was proven. */
    public long earlyProven() {
        return earlyProven;
    }

    /** Frames of the kernel lane that had gone early. */
    public long swallowed() {
        return swallowed;
    }

    /** Frames that had to wait for their flow; some go early after all. */
    public long putOff() {
        return putOff;
    }

    /** Valid frames beyond a hole that may not go early. */
    public long refused() {
        return refused;
    }

    /** Overlapping segments with different bytes. */
    public long conflicts() {
        return conflicts;
    }

    /** Early frames that had other bytes than the kernel's, or a proven boundary that the kernel's bytes do not bear out. */
    public long mismatchedBytes() {
        return mismatchedBytes;
    }

    /** Early frames that had other boundaries than the kernel's, though only likely ones. */
    public long mismatchedBoundaries() {
        return mismatchedBoundaries;
    }

    /** Proofs that contradicted each other: the server has written bad frames, or somebody meddles. */
    public long contradictions() {
        return contradictions;
    }

    /** How often everything held was forgotten because a bound was reached. */
    public long overCap() {
        return overCap;
    }

    /** How often the kernel did not take what the capture had seen. */
    public long kernelLost() {
        return kernelLost;
    }

    /** Starts of segments from which a chain of valid frames filled the segment. */
    public long anchors() {
        return anchors;
    }

    /** Bytes in which frames were looked for, each as often as it was looked at. */
    public long probedBytes() {
        return probedBytes;
    }

    /** The furthest that bytes were held beyond the kernel lane's offset. */
    public long heldPeakBytes() {
        return heldPeakBytes;
    }

    /** The most memory that was allocated for held bytes. */
    public int memoryPeakBytes() {
        return memoryPeakBytes;
    }
}
