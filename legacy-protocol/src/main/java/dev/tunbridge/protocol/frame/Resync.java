package dev.tunbridge.protocol.frame;

/**
 * What to do after a bad frame.
 *
 * @param boundaries the lowest grade of boundary whose frames may overtake the kernel
 * @param maxScanBytes after so many bytes without a frame the stream is given up; 0 never searches
 */
public record Resync(BoundaryGrade boundaries, int maxScanBytes) {
    static final Resync DEFAULT = new Resync(BoundaryGrade.ANCHORED, 65_536);
}
