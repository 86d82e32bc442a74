package dev.tunbridge.bridge.replay;

import dev.tunbridge.reassembly.capture.CapturedSegment;
import dev.tunbridge.reassembly.capture.SegmentSource;
import java.io.IOException;

/** The second pass: plays the segments of one connection to a receiver, in the order of the file and at its times. */
final class Playback {
    private final ConnectionChoice.Chosen chosen;
    private final ModelReceiver receiver;
    private final RawLaneStage rawLane;
    private final CapturedSegment played = new CapturedSegment();
    private long nowNanos = Long.MIN_VALUE;

    /** What the raw lane does with a segment. */
    interface RawLaneStage {
        /** A segment from the other end, before the kernel gets it; valid during the call. */
        void captured(CapturedSegment segment, long nowNanos);

        /** The kernel has had it too. */
        void settle(long nowNanos);
    }

    Playback(ConnectionChoice.Chosen chosen, ModelReceiver receiver, RawLaneStage rawLane) {
        this.chosen = chosen;
        this.receiver = receiver;
        this.rawLane = rawLane;
    }

    void run(Recording recording) throws IOException {
        try (SegmentSource source = recording.open()) {
            Pass.overThoseBetweenTheEndsOf(chosen.connection(), this::play).read(source);
        }
        receiver.end();
        rawLane.settle(nowNanos);
    }

    private void play(Connection connection, OuterSegment segment, CapturedSegment captured) {
        if (connection.firstPacket() != chosen.connection().firstPacket()) {
            return;
        }
        // Several interfaces in one file may be out of order by microseconds; time does not run backwards for that.
        nowNanos = Math.max(nowNanos, captured.timeNanos());
        if (segment.source().equals(chosen.receiver())) {
            receiver.outgoing(segment, nowNanos);
        } else {
            played.wrap(captured.buffer(), captured.index(), captured.length(), captured.wireLength(), nowNanos);
            played.mark(captured.interfaceIndex(), false, captured.isChecksumUnfinished());
            rawLane.captured(played, nowNanos);
            receiver.incoming(segment, nowNanos);
        }
        rawLane.settle(nowNanos);
    }

    long nowNanos() {
        return nowNanos;
    }
}
