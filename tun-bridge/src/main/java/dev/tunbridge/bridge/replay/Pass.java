package dev.tunbridge.bridge.replay;

import dev.tunbridge.reassembly.recording.CaptureFile;
import dev.tunbridge.reassembly.capture.CapturedSegment;
import dev.tunbridge.reassembly.capture.SegmentSource;
import java.io.IOException;

/** One pass over a recording: sorts the packets, and hands on the segments of connections. */
final class Pass {
    private static final int BATCH = 1024;

    private final Visitor visitor;
    private final ConnectionTable table = new ConnectionTable();
    private final OuterSegment segment = new OuterSegment();
    private long packets;
    private long otherProtocol;
    private long fragments;
    private long truncated;
    private long malformed;

    /** Takes a TCP segment and the connection it belongs to; both flyweights are valid during the call. */
    interface Visitor {
        void onSegment(Connection connection, OuterSegment segment, CapturedSegment captured);
    }

    Pass(Visitor visitor) {
        this.visitor = visitor;
    }

    /** Reads to the end, or to where the file is damaged: a capture that was killed ends within a packet. */
    Survey read(SegmentSource source) throws IOException {
        String damage = "";
        try {
            while (source.drain(this::sort, BATCH) != SegmentSource.END) {
                // until the end of the file
            }
        } catch (IOException e) {
            if (packets == 0) {
                throw e;
            }
            damage = String.valueOf(e.getMessage());
        }
        return new Survey(
                table.connections(),
                damage,
                new Tally(
                        packets,
                        otherProtocol,
                        fragments,
                        truncated,
                        malformed,
                        table.notListed(),
                        source instanceof CaptureFile file ? file.passedOver() : 0,
                        source.counters().dropped()));
    }

    private void sort(CapturedSegment captured) {
        packets++;
        switch (segment.wrap(captured)) {
            case OTHER_PROTOCOL -> otherProtocol++;
            case FRAGMENT -> fragments++;
            case MALFORMED -> malformed++;
            case TCP -> {
                truncated += segment.isCut() ? 1 : 0;
                Connection connection =
                        table.assign(segment, segment.source(), segment.destination(), captured.timeNanos());
                if (connection != null) {
                    visitor.onSegment(connection, segment, captured);
                }
            }
        }
    }
}
