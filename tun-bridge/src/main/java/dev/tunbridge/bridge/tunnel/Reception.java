package dev.tunbridge.bridge.tunnel;

import dev.tunbridge.bridge.ReceiveStats;
import dev.tunbridge.bridge.receive.ReceiveCounters;
import dev.tunbridge.reassembly.capture.CaptureCounters;
import dev.tunbridge.reassembly.recovery.LaneState;
import dev.tunbridge.reassembly.recovery.Latches;
import dev.tunbridge.reassembly.recovery.RecoveryCounters;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What the receive paths of one tunnel's connections, one after the other, have in common. Loop thread only. */
final class Reception {
    private final ReceiveCounters received = new ReceiveCounters();
    private final Latches latches = new Latches();
    private CaptureCounters capturedBefore = CaptureCounters.NONE;

    ReceiveCounters counters() {
        return received;
    }

    /** What one connection has learnt to leave alone, the next does too. */
    Latches latches() {
        return latches;
    }

    /** This connection is closed. */
    void ended(OuterConnection connection) {
        capturedBefore = capturedBefore.plus(connection.captureCounters());
    }

    ReceiveStats stats(@Nullable OuterConnection current) {
        RecoveryCounters raw = received.recovery();
        return new ReceiveStats(
                current == null ? LaneState.IDLE : current.laneState(System.nanoTime()),
                Optional.ofNullable(current == null ? null : current.handshake()),
                current == null ? capturedBefore : capturedBefore.plus(current.captureCounters()),
                raw.segments(),
                raw.rejected(),
                raw.holes(),
                raw.earlyFrames(),
                raw.earlyBytes(),
                raw.earlyProven(),
                raw.swallowed(),
                raw.putOff(),
                raw.refused(),
                raw.anchors(),
                raw.conflicts(),
                raw.mismatchedBytes(),
                raw.mismatchedBoundaries(),
                raw.contradictions(),
                raw.overCap(),
                raw.kernelLost(),
                received.rests(),
                raw.heldPeakBytes(),
                received.waits().copy());
    }
}
