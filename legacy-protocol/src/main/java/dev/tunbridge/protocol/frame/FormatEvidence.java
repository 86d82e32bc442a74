package dev.tunbridge.protocol.frame;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Weighs how much a valid frame proves: how rarely random bytes pass for one. */
final class FormatEvidence {
    private static final double SCANNED_BYTES = 1e9;

    private FormatEvidence() {}

    /** The bits that random bytes must have right: fixed bytes, constants, checksum. The length is not among them. */
    static int bits(FrameFormat format) {
        int constants = format.fields().stream()
                .filter(f -> f.value().isPresent())
                .mapToInt(f -> f.bits().bits())
                .sum();
        return markBits(format)
                + constants
                + format.sync().significantBits()
                + format.trailer().significantBits()
                + 8 * format.checkBytes();
    }

    /** False frames to expect in a gigabyte of random bytes that are scanned at every place. */
    static double falseFramesPerGigabyte(FrameFormat format) {
        return SCANNED_BYTES * Math.pow(2, -bits(format)) * plausibleLengths(format);
    }

    static List<String> explain(FrameFormat format) {
        List<String> lines = new ArrayList<>();
        lines.add("format " + format.name() + ", messages by the mapper " + format.mapper());
        lines.add("overhead " + format.overheadBytes() + " bytes a frame"
                + (format.escape() == Escape.NONE ? "" : ", and one for each payload byte that must be escaped"));
        lines.add("payload of at most " + format.maxPayloadBytes() + " bytes, frame of at most "
                + format.maxFrameBytes() + " bytes on the wire");
        lines.add("false frames to expect per gigabyte scanned: " + number(falseFramesPerGigabyte(format)));
        if (format.canResynchronise()) {
            lines.add("after a bad frame the next one is searched for in "
                    + format.resync().maxScanBytes() + " bytes");
        } else {
            lines.add("after a bad frame the connection is closed: "
                    + (format.resync().maxScanBytes() == 0
                            ? "resync.maxScan is 0"
                            : "sync, constants and checksum give too little evidence to find the next one"));
        }
        lines.add(recovery(format));
        return List.copyOf(lines);
    }

    private static String recovery(FrameFormat format) {
        if (!format.canResynchronise()) {
            return "recovery past a hole: only behind a frame whose header came before the hole (proven)";
        }
        return "recovery past a hole: possible; frames go early from boundaries that are "
                + switch (format.resync().boundaries()) {
                    case PROVEN -> "proven";
                    case ANCHORED -> "proven or anchored";
                    case FOUND -> "proven, anchored or merely found";
                };
    }

    /** A start is told by a mark in front of it. */
    private static int markBits(FrameFormat format) {
        return switch (format.escape()) {
            case NONE -> 0;
            case HDLC, SLIP, COBS -> 8;
            case DLE -> 16;
        };
    }

    private static double plausibleLengths(FrameFormat format) {
        if (format.length().isEmpty()) {
            return 1;
        }
        LengthField length = format.length().get();
        double values = Math.pow(2, length.bits().bits());
        // Where a mark ends the frame there is one right length, not a range of them.
        return (format.escape() == Escape.NONE ? format.maxPayloadBytes() + 1 : 1) / values;
    }

    private static String number(double value) {
        return value >= 10 ? String.format(Locale.ROOT, "%.0f", value) : String.format(Locale.ROOT, "%.2g", value);
    }
}
