package dev.tunbridge.reassembly.capture;

/** Takes captured segments, in the order of capture. */
@FunctionalInterface
public interface SegmentHandler {
    /** The segment and its bytes belong to the source, and are valid during the call only. */
    void onSegment(CapturedSegment segment);
}
