package dev.tunbridge.bridge.replay;

import dev.tunbridge.reassembly.recovery.RecoveryCounters;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** A report as one JSON object; times are in nanoseconds, names of reasons in lower case. */
final class ReplayJson {
    private ReplayJson() {}

    static String of(ReplayReport report) {
        return Json.of(Json.object(
                        "format", report.format(),
                        "verdict", name(report.verdict()),
                        "detail", report.detail(),
                        "warnings", report.warnings(),
                        "file", file(report.survey()),
                        "connection", path(report.path()),
                        "handshake", handshake(report.handshake()),
                        "kernel", kernel(report.kernel()),
                        "holes", holes(report.holes()),
                        "stream", stream(report.stream()),
                        "raw_lane", lane(report.lane()),
                        "delivery", delivery(report.delivery())))
                + "\n";
    }

    /** The connections of a survey, as {@code --list --json} has them. */
    static String of(Survey survey) {
        return Json.of(Json.object(
                        "file",
                        file(survey),
                        "connections",
                        survey.connections().stream().map(ReplayJson::connection).toList()))
                + "\n";
    }

    private static Map<String, Object> connection(Connection connection) {
        return Json.object(
                "number", connection.number(),
                "initiator", connection.initiator(),
                "responder", connection.responder(),
                "initiator_known", connection.isInitiatorKnown(),
                "segments", connection.segments(),
                "bytes_to_initiator", connection.payloadBytesTo(connection.initiator()),
                "bytes_to_responder", connection.payloadBytesTo(connection.responder()),
                "duration_ns", connection.durationNanos());
    }

    private static Map<String, Object> file(Survey survey) {
        Tally tally = survey.tally();
        return Json.object(
                "packets", tally.packets(),
                "connections", survey.connections().size(),
                "other_protocol", tally.otherProtocol(),
                "fragments", tally.fragments(),
                "truncated", tally.truncated(),
                "malformed", tally.malformed(),
                "not_listed", tally.notListed(),
                "not_ip", tally.notIp(),
                "dropped", tally.dropped());
    }

    private static Map<String, Object> path(PathReport path) {
        return Json.object(
                "number", path.number(),
                "receiver", path.receiver(),
                "sender", path.sender(),
                "initiator_known", path.isInitiatorKnown(),
                "segments_received", path.received(),
                "segments_sent", path.sent(),
                "duration_ns", path.durationNanos());
    }

    private static Map<String, Object> handshake(HandshakeReport handshake) {
        return Json.object(
                "complete", handshake.isComplete(),
                "sack", handshake.sack(),
                "timestamps", handshake.timestamps(),
                "receiver_window_scale", handshake.receiverWindowScale(),
                "sender_window_scale", handshake.senderWindowScale(),
                "receiver_mss", handshake.receiverMss(),
                "sender_mss", handshake.senderMss());
    }

    private static Map<String, Object> kernel(KernelReport kernel) {
        return Json.object(
                "delivered_bytes", kernel.deliveredBytes(),
                "missing_bytes", kernel.missingBytes(),
                "repeated_bytes", kernel.repeatedBytes(),
                "different_bytes", kernel.differentBytes(),
                "refused", counts(kernel.refused()));
    }

    private static Map<String, Object> holes(HoleReport holes) {
        return Json.object(
                "count", holes.count(),
                "bytes", holes.bytes(),
                "largest_bytes", holes.largestBytes(),
                "never_filled", holes.neverFilled(),
                "untimed", holes.untimed(),
                "durations", durations(holes.durations()));
    }

    private static Map<String, Object> stream(StreamReport stream) {
        return Json.object(
                "frames", stream.frames(),
                "resynchronisations", stream.badFrames(),
                "skipped_bytes", stream.skippedBytes(),
                "malformed", stream.malformed(),
                "unknown_types", stream.unknownTypes(),
                "wrong_carriage", stream.wrongCarriage());
    }

    private static Map<String, Object> lane(LaneReport lane) {
        RecoveryCounters counters = lane.counters();
        Map<String, Object> object = Json.object(
                "state", name(lane.state()),
                "segments", counters.segments(),
                "rejected", counts(counters.rejected()),
                "holes", counters.holes(),
                "anchors", counters.anchors(),
                "early_frames", counters.earlyFrames(),
                "early_bytes", counters.earlyBytes(),
                "early_proven", counters.earlyProven(),
                "swallowed", counters.swallowed());
        object.putAll(Json.object(
                "put_off", counters.putOff(),
                "refused", counters.refused(),
                "conflicts", counters.conflicts(),
                "mismatched_bytes", counters.mismatchedBytes(),
                "mismatched_boundaries", counters.mismatchedBoundaries(),
                "contradictions", counters.contradictions(),
                "over_cap", counters.overCap(),
                "kernel_lost", counters.kernelLost(),
                "held_peak_bytes", counters.heldPeakBytes(),
                "memory_peak_bytes", counters.memoryPeakBytes()));
        return object;
    }

    private static Map<String, Object> delivery(DeliveryReport delivery) {
        return Json.object(
                "early_packets", delivery.earlyPackets(),
                "early_bytes", delivery.earlyBytes(),
                "late_packets", delivery.latePackets(),
                "late_bytes", delivery.lateBytes(),
                "refused", counts(delivery.refused()),
                "gained", durations(delivery.gained()),
                "unconfirmed", delivery.unconfirmed(),
                "waits", durations(delivery.waits()));
    }

    private static Map<String, Object> durations(DurationReport durations) {
        return Json.object(
                "count", durations.count(),
                "total_ns", durations.totalNanos(),
                "p50_ns", durations.p50Nanos(),
                "p95_ns", durations.p95Nanos(),
                "p99_ns", durations.p99Nanos(),
                "max_ns", durations.maxNanos());
    }

    static Map<String, Long> counts(Map<? extends Enum<?>, Long> byReason) {
        Map<String, Long> counts = new TreeMap<>();
        byReason.forEach((reason, count) -> counts.put(name(reason), count));
        return counts;
    }

    static String name(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
