package dev.tunbridge.bridge.replay;

import dev.tunbridge.reassembly.capture.CapturedSegment;
import dev.tunbridge.reassembly.capture.SegmentSource;
import dev.tunbridge.reassembly.recording.CaptureFile;
import dev.tunbridge.reassembly.recording.FileTally;
import java.io.IOException;
import java.util.function.BiPredicate;
import java.util.function.Predicate;

/** One pass over a recording: sorts the packets, and hands on the segments of connections. */
final class Pass {
    private static final int BATCH = 1024;

    private final Visitor visitor;
    private final BiPredicate<End, End> concerns;
    private final ConnectionTable table;
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

    private Pass(BiPredicate<End, End> concerns, Predicate<Connection> isWanted, Visitor visitor) {
        this.concerns = concerns;
        this.visitor = visitor;
        table = new ConnectionTable(isWanted);
    }

    /** Over all connections; where there are too many, those that are wanted are kept. */
    static Pass overAll(Predicate<Connection> isWanted, Visitor visitor) {
        return new Pass((source, destination) -> true, isWanted, visitor);
    }

    /** Over the connections between the ends of this one. */
    static Pass overThoseBetweenTheEndsOf(Connection one, Visitor visitor) {
        return new Pass(one::isBetween, another -> another.spans(one.lastPacket()), visitor);
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
        FileTally file = source instanceof CaptureFile capture ? capture.tally() : FileTally.NONE;
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
                        file.notIp(),
                        source.counters().dropped(),
                        file.carriedStamps(),
                        file.unstamped(),
                        file.unread()));
    }

    private void sort(CapturedSegment captured) {
        packets++;
        switch (segment.wrap(captured)) {
            case OTHER_PROTOCOL -> otherProtocol++;
            case FRAGMENT -> fragments++;
            case MALFORMED -> malformed++;
            case TCP -> {
                truncated += segment.isCut() ? 1 : 0;
                End source = segment.source();
                End destination = segment.destination();
                if (concerns.test(source, destination)) {
                    visitor.onSegment(
                            table.assign(segment, source, destination, captured.timeNanos(), packets),
                            segment,
                            captured);
                }
            }
        }
    }
}
