package dev.tunbridge.bridge;

import dev.tunbridge.bridge.measure.WaitHistogram;
import dev.tunbridge.reassembly.capture.CaptureCounters;
import dev.tunbridge.reassembly.recovery.LaneState;
import dev.tunbridge.reassembly.stream.Handshake;
import dev.tunbridge.reassembly.stream.Rejection;
import java.util.Map;
import java.util.Optional;

/**
 * The raw lane at one moment; every counter since the bridge's start.
 *
 * @param lane where it stands
 * @param handshake what the present connection has negotiated, as the capture saw it
 * @param capture what the capture has brought and lost
 * @param segments captured segments that were looked at
 * @param rejected those that were not used, by reason
 * @param holes how often a segment has shown a new hole
 * @param earlyFrames frames delivered past a hole
 * @param earlyBytes their bytes on the wire
 * @param earlyProven those of them whose boundary was proven
 * @param swallowed frames of the kernel lane that had gone early
 * @param putOff frames past a hole that had to wait for their flow, though some went early after all
 * @param refused frames past a hole that may not go early
 * @param anchors segments whose first byte was taken for a boundary
 * @param conflicts overlapping segments with different bytes
 * @param mismatchedBytes early frames that had other bytes than the kernel's, or a proven boundary that its bytes do not bear out
 * @param mismatchedBoundaries early frames that had other boundaries than the kernel's, though only likely ones
 * @param contradictions proofs that contradicted each other
 * @param overCap how often everything held was forgotten because a bound was reached
 * @param kernelLost how often the kernel did not take what the capture had seen
 * @param rests how often the capture has rested because the path was fast and lost nothing
 * @param heldPeakBytes the furthest that bytes were held beyond what the kernel had delivered
 * @param waits how long packets waited for their delivery once all their bytes had been captured; with the raw lane switched off too
 */
public record ReceiveStats(
        LaneState lane,
        Optional<Handshake> handshake,
        CaptureCounters capture,
        long segments,
        Map<Rejection, Long> rejected,
        long holes,
        long earlyFrames,
        long earlyBytes,
        long earlyProven,
        long swallowed,
        long putOff,
        long refused,
        long anchors,
        long conflicts,
        long mismatchedBytes,
        long mismatchedBoundaries,
        long contradictions,
        long overCap,
        long kernelLost,
        long rests,
        long heldPeakBytes,
        WaitHistogram waits) {}
