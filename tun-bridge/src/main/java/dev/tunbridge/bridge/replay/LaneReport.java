package dev.tunbridge.bridge.replay;

import dev.tunbridge.reassembly.recovery.LaneState;
import dev.tunbridge.reassembly.recovery.RecoveryCounters;
import dev.tunbridge.reassembly.stream.Rejection;
import java.util.Map;

/**
 * What the raw lane has done.
 *
 * @param state where it stood at the end
 * @param segments that it looked at
 * @param rejected those that it did not use, by reason
 * @param holes how often a segment has shown a new hole
 * @param anchors segments whose first byte was taken for a boundary
 * @param earlyFrames delivered past a hole
 * @param earlyBytes their bytes on the wire
 * @param earlyProven those of them whose boundary was proven
 * @param swallowed frames of the kernel's stream that had gone early
 * @param putOff frames past a hole that had to wait for their flow, though some went early after all
 * @param refused frames past a hole that may not go early
 * @param conflicts overlapping segments with different bytes
 * @param mismatchedBytes early frames that had other bytes than the kernel's
 * @param mismatchedBoundaries early frames that had other boundaries than the kernel's
 * @param contradictions proofs that contradicted each other
 * @param overCap how often everything held was forgotten because a bound was reached
 * @param kernelLost how often the kernel did not take what the capture had seen
 * @param heldPeakBytes the furthest that bytes were held beyond what the kernel had delivered
 * @param memoryPeakBytes the most memory that they took
 */
public record LaneReport(
        LaneState state,
        long segments,
        Map<Rejection, Long> rejected,
        long holes,
        long anchors,
        long earlyFrames,
        long earlyBytes,
        long earlyProven,
        long swallowed,
        long putOff,
        long refused,
        long conflicts,
        long mismatchedBytes,
        long mismatchedBoundaries,
        long contradictions,
        long overCap,
        long kernelLost,
        long heldPeakBytes,
        long memoryPeakBytes) {
    static LaneReport of(LaneState state, RecoveryCounters counters) {
        return new LaneReport(
                state,
                counters.segments(),
                counters.rejected(),
                counters.holes(),
                counters.anchors(),
                counters.earlyFrames(),
                counters.earlyBytes(),
                counters.earlyProven(),
                counters.swallowed(),
                counters.putOff(),
                counters.refused(),
                counters.conflicts(),
                counters.mismatchedBytes(),
                counters.mismatchedBoundaries(),
                counters.contradictions(),
                counters.overCap(),
                counters.kernelLost(),
                counters.heldPeakBytes(),
                counters.memoryPeakBytes());
    }
}
