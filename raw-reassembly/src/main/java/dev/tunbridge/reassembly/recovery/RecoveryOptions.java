package dev.tunbridge.reassembly.recovery;

import dev.tunbridge.protocol.frame.BoundaryGrade;

/**
 * How far the raw lane may go.
 *
 * @param enabled whether frames go early at all; otherwise their waits are only measured
 * @param boundaries the lowest grade of boundary whose frames may go early; the format's own limit may be stricter
 * @param heldBytes the furthest beyond the kernel lane's offset that bytes are held; a power of two
 * @param heldRanges the most segments remembered
 * @param acceptsUnmarkedChecksums take unfinished TCP checksums without the kernel's mark; for capture files only
 */
public record RecoveryOptions(
        boolean enabled, BoundaryGrade boundaries, int heldBytes, int heldRanges, boolean acceptsUnmarkedChecksums) {
    public static final RecoveryOptions DEFAULT =
            new RecoveryOptions(true, BoundaryGrade.ANCHORED, 4 * 1024 * 1024, 3_072, false);

    public RecoveryOptions {
        if (heldRanges < 1) {
            throw new IllegalArgumentException("heldRanges: " + heldRanges + " is not valid; allowed: 1 and more");
        }
    }

    /** The same, measuring only. */
    public RecoveryOptions disabled() {
        return new RecoveryOptions(false, boundaries, heldBytes, heldRanges, acceptsUnmarkedChecksums);
    }

    /** The same with another lowest grade. */
    public RecoveryOptions boundaries(BoundaryGrade grade) {
        return new RecoveryOptions(enabled, grade, heldBytes, heldRanges, acceptsUnmarkedChecksums);
    }

    /** The same, holding no more bytes than this, a power of two. */
    public RecoveryOptions holding(int bytes) {
        return new RecoveryOptions(enabled, boundaries, bytes, heldRanges, acceptsUnmarkedChecksums);
    }

    /** The same for a capture file. */
    public RecoveryOptions ofFile() {
        return new RecoveryOptions(enabled, boundaries, heldBytes, heldRanges, true);
    }
}
