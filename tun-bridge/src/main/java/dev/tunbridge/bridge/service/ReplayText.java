package dev.tunbridge.bridge.service;

import dev.tunbridge.bridge.replay.DeliveryReport;
import dev.tunbridge.bridge.replay.DurationReport;
import dev.tunbridge.bridge.replay.HandshakeReport;
import dev.tunbridge.bridge.replay.HoleReport;
import dev.tunbridge.bridge.replay.KernelReport;
import dev.tunbridge.bridge.replay.LaneReport;
import dev.tunbridge.bridge.replay.PathReport;
import dev.tunbridge.bridge.replay.ReplayReport;
import dev.tunbridge.bridge.replay.StreamReport;
import dev.tunbridge.bridge.replay.Tally;
import dev.tunbridge.reassembly.wire.TcpView;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** A report for a reader, a subject a line. */
final class ReplayText {
    private final StringBuilder out = new StringBuilder();

    ReplayText(ReplayReport report) {
        file(report.file(), report.connections());
        PathReport path = report.connection();
        line(
                "connection",
                "%d: %s from %s, %,d segments in and %,d out in %s",
                path.number(),
                path.receiver(),
                path.sender(),
                path.receivedSegments(),
                path.sentSegments(),
                duration(path.durationNanos()));
        handshake(report.handshake());
        kernel(report.kernel());
        holes(report.holes());
        stream(report.stream());
        lane(report.rawLane());
        delivery(report.delivery());
        line("verdict", "%s", report.detail());
        report.warnings().forEach(warning -> line("warning", "%s", warning));
    }

    private void file(Tally tally, long connections) {
        line(
                "file",
                "%,d IP packets; TCP connections: %,d%s",
                tally.packets(),
                connections,
                besides(
                        tally.notIp(), "not IP",
                        tally.otherProtocol(), "not TCP",
                        tally.fragments(), "fragments",
                        tally.truncated(), "cut",
                        tally.malformed(), "malformed",
                        tally.notListed(), "connections with less payload not kept apart",
                        tally.dropped(), "lost by the capture"));
    }

    private void handshake(HandshakeReport handshake) {
        if (!handshake.isComplete()) {
            line("handshake", "not whole in the file");
            return;
        }
        line(
                "handshake",
                "SACK %s, timestamps %s, window scale %s and %s, MSS %s and %s (receiver, sender)",
                handshake.sack() ? "yes" : "NO",
                handshake.timestamps() ? "yes" : "no",
                option(handshake.receiverWindowScale()),
                option(handshake.senderWindowScale()),
                option(handshake.receiverMss()),
                option(handshake.senderMss()));
    }

    private void kernel(KernelReport kernel) {
        line(
                "kernel",
                "%,d bytes in order%s%s",
                kernel.deliveredBytes(),
                besides(
                        kernel.repeatedBytes(), "came again",
                        kernel.missingBytes(), "are not in the file",
                        kernel.doubtfulBytes(), "taken on the receiver's word",
                        kernel.differentBytes(), "came twice and differed"),
                reasons("; refused: ", kernel.refused()));
    }

    private void holes(HoleReport holes) {
        if (holes.count() == 0) {
            line("holes", "none");
            return;
        }
        line(
                "holes",
                "%,d of %,d bytes together, the largest of %,d; open for %s%s",
                holes.count(),
                holes.bytes(),
                holes.largestBytes(),
                spread(holes.durations()),
                besides(holes.neverFilled(), "never filled", holes.untimed(), "not timed"));
    }

    private void stream(StreamReport stream) {
        line(
                "stream",
                "%,d frames%s",
                stream.frames(),
                besides(
                        stream.badFrames(), "searches for the next frame",
                        stream.skippedBytes(), "bytes skipped for it",
                        stream.malformed(), "malformed",
                        stream.unknownTypes(), "of unknown types",
                        stream.wrongCarriage(), "in another carriage"));
    }

    private void lane(LaneReport lane) {
        line(
                "raw lane",
                "%s: %,d frames early (%,d of proven boundary), %,d put off, %,d left to the kernel%s",
                name(lane.state()),
                lane.earlyFrames(),
                lane.earlyProven(),
                lane.putOff(),
                lane.refused(),
                besides(
                        lane.conflicts(), "conflicts",
                        lane.mismatchedBytes(), "mismatches of bytes",
                        lane.mismatchedBoundaries(), "mismatches of boundaries",
                        lane.contradictions(), "contradictions",
                        lane.overCap(), "bounds reached",
                        lane.kernelLost(), "lost by the kernel"));
        line("segments", "%,d looked at%s", lane.segments(), reasons("; rejected: ", lane.rejected()));
    }

    private void delivery(DeliveryReport delivery) {
        line(
                "delivered",
                "%,d packets early (%,d bytes), %,d in order (%,d bytes)%s%s",
                delivery.earlyPackets(),
                delivery.earlyBytes(),
                delivery.latePackets(),
                delivery.lateBytes(),
                besides(delivery.unconfirmed(), "early ones not confirmed by the end of the file"),
                reasons("; refused: ", delivery.refused()));
        if (delivery.earlyPackets() > 0) {
            line(
                    "gained",
                    "%s a packet, %s together",
                    spread(delivery.gained()),
                    duration(delivery.gained().totalNanos()));
        }
        if (delivery.waits().count() > 0) {
            line("waited", "%s from a packet's last byte to its delivery", spread(delivery.waits()));
        }
    }

    private void line(String subject, String format, Object... values) {
        out.append(String.format("%-12s", subject))
                .append(String.format(Locale.ROOT, format, values))
                .append(System.lineSeparator());
    }

    /** Counts that are not zero, with what they count. */
    private static String besides(Object... countsAndWhat) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < countsAndWhat.length; i += 2) {
            if ((long) countsAndWhat[i] > 0) {
                text.append(String.format(Locale.ROOT, ", %,d %s", (long) countsAndWhat[i], countsAndWhat[i + 1]));
            }
        }
        return text.toString();
    }

    private static String reasons(String head, Map<? extends Enum<?>, Long> counts) {
        String list = counts.entrySet().stream()
                .map(entry -> String.format(Locale.ROOT, "%s %,d", name(entry.getKey()), entry.getValue()))
                .sorted()
                .collect(Collectors.joining(", "));
        return list.isEmpty() ? "" : head + list;
    }

    private static String name(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static String option(int value) {
        return value == TcpView.ABSENT ? "none" : String.valueOf(value);
    }

    private static String spread(DurationReport durations) {
        return String.format(
                "p50 %s, p95 %s, p99 %s, at most %s",
                duration(durations.p50Nanos()),
                duration(durations.p95Nanos()),
                duration(durations.p99Nanos()),
                duration(durations.maxNanos()));
    }

    static String duration(long nanos) {
        if (nanos >= 10_000_000_000L) {
            return String.format(Locale.ROOT, "%,.1f s", nanos / 1e9);
        }
        return nanos >= 10_000_000 ? String.format(Locale.ROOT, "%,d ms", nanos / 1_000_000) : millis(nanos);
    }

    private static String millis(long nanos) {
        return String.format(Locale.ROOT, nanos == 0 ? "%.0f ms" : "%.2f ms", nanos / 1e6);
    }

    @Override
    public String toString() {
        return out.toString();
    }
}
