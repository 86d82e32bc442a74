package dev.tunbridge.protocol.frame;

import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Weighs how much a frame proves that follows nothing: how rarely bytes that are none pass for one. A frame behind another needs no
 * such proof, it need only be valid; one that is found by scanning has nothing but itself.
 */
final class FormatEvidence {
    private static final double SCANNED_BYTES = 1e9;
    /** The runs that traffic is full of: padding, erased memory. */
    private static final int[] RUNS = {0x00, 0xFF};

    private FormatEvidence() {}

    /**
     * The bits that bytes of ordinary traffic must have right, at the places where they have most of them: fixed bytes, constants,
     * checksum. The length is not among them.
     */
    static double bits(FrameFormat format) {
        if (format.hasShapes()) {
            return format.shapes().stream()
                    .mapToDouble(FormatEvidence::bits)
                    .max()
                    .orElseThrow();
        }
        double bits = head(format).trafficBits()
                + FixedBits.of(mark(format)).trafficBits()
                + FixedBits.of(format.trailer()).trafficBits()
                + format.checkBits();
        for (int value : RUNS) {
            int frameBytes = frameInRun(format, value);
            bits = frameBytes > 0 ? Math.min(bits, FixedBits.ofRun(value, frameBytes)) : bits;
        }
        return bits;
    }

    /** False frames to expect in a gigabyte of random bytes that are scanned at every place. */
    static double falseFramesPerGigabyte(FrameFormat format) {
        if (format.hasShapes()) {
            return searched(format)
                    .mapToDouble(FormatEvidence::falseFramesPerGigabyte)
                    .sum();
        }
        int bits = head(format).randomBits()
                + mark(format).significantBits()
                + format.trailer().significantBits()
                + format.checkBits();
        return SCANNED_BYTES * Math.pow(2, -bits) * plausibleLengths(format);
    }

    /** False frames to expect, at most, in a gigabyte of ordinary traffic that is scanned at every place. */
    static double falseFramesPerGigabyteOfTraffic(FrameFormat format) {
        if (format.hasShapes()) {
            return searched(format)
                    .mapToDouble(FormatEvidence::falseFramesPerGigabyteOfTraffic)
                    .sum();
        }
        return SCANNED_BYTES * Math.pow(2, -bits(format) - commonLengthBits(format));
    }

    /** The shapes that are looked for; all where none is. */
    private static Stream<FrameFormat> searched(FrameFormat format) {
        return format.shapes().stream().filter(shape -> shape.canResynchronise() || !format.canResynchronise());
    }

    private static FixedBits head(FrameFormat format) {
        FixedBits head = new FixedBits(format.payloadAt());
        head.fix(format.sync());
        for (HeaderField field : format.fields()) {
            field.value().ifPresent(value -> head.fix(field.bits(), value));
        }
        return head;
    }

    /**
     * The bytes of a frame that a run of this byte makes, as a sum of zeros is zero; 0 where it makes none. Then a checksum
     * proves nothing just where traffic is commonest.
     */
    private static int frameInRun(FrameFormat format, int value) {
        if (format.escape() != Escape.NONE) {
            return 0; // a run holds no mark in front of a frame
        }
        byte[] run = new byte[format.maxFrameBytes()];
        Arrays.fill(run, (byte) value);
        try (FrameProbe probe = new FrameProbe(format)) {
            return (int) Math.max(0, probe.probe(Unpooled.wrappedBuffer(run), 0, run.length));
        }
    }

    static List<String> explain(FrameFormat format) {
        List<String> lines = new ArrayList<>();
        lines.add("format " + format.name());
        lines.add("overhead " + format.overheadBytes() + " bytes a frame"
                + switch (format.escape()) {
                    case NONE -> "";
                    case END -> ", and no byte of a frame may be the one that ends it";
                    case SML ->
                        ", what fills them to words of four, and four for each word of payload that must be escaped";
                    default -> ", and one for each payload byte that must be escaped";
                });
        lines.add("payload of at most " + format.maxPayloadBytes() + " bytes, frame of at most "
                + format.maxFrameBytes() + " bytes on the wire");
        format.end()
                .ifPresent(end -> lines.add("each frame ends with the bytes "
                        + (hex(format.trailer()) + String.format(Locale.ROOT, " %02X", end)).strip()
                        + ", of which the last stands nowhere else"));
        format.mask()
                .ifPresent(mask -> lines.add("payloads are written masked, with a new key of " + mask.keyBytes()
                        + " bytes each, and read so where " + mask.when() + " is 1"));
        format.check().ifPresent(check -> explainCheck(check, lines));
        format.shapes().forEach(shape -> lines.add(explainShape(shape)));
        lines.addAll(TypeRules.explain(format));
        if (format.escape().isDelimited()) {
            lines.add("false frames to expect: none behind a delimiter, which no frame holds; where one is damaged, "
                    + (format.checkBits() > 0
                            ? "one frame in " + number(Math.pow(2, format.checkBits()))
                                    + " of the wrong bytes passes the check"
                            : "nothing but the length and constants, if there are any, tells"));
        } else {
            lines.add(falseFrames(format));
        }
        if (format.canResynchronise()) {
            lines.add((format.escape().isDelimited()
                            ? "after a bad frame the next delimiter begins the next frame, searched for in "
                            : "after a bad frame the next one is searched for in ")
                    + format.resync().maxScanBytes() + " bytes");
        } else {
            lines.add("after a bad frame the connection is closed: "
                    + (format.resync().maxScanBytes() == 0
                            ? "resync.maxScan is 0"
                            : "sync, constants and checksum give " + String.format(Locale.ROOT, "%.1f", bits(format))
                                    + " bits of evidence, "
                                    + FrameFormat.EVIDENCE_BITS_TO_RESYNCHRONISE
                                    + " are needed to find the next one"));
        }
        lines.add(recovery(format));
        return List.copyOf(lines);
    }

    private static String explainShape(FrameFormat shape) {
        String bits = String.format(Locale.ROOT, "%.1f", bits(shape)) + " bits of evidence: ";
        return "frames that begin with "
                + hex(BytePattern.of(new byte[] {(byte) shape.sync().byteAt(0)})) + ", of "
                + sizes(shape) + ", have " + bits
                + (shape.canResynchronise()
                        ? "they are searched for"
                        : "they count behind another frame, and are not searched for");
    }

    private static String sizes(FrameFormat shape) {
        int least = shape.payloadAt() + shape.minPayloadBytes() + shape.tailBytes();
        return shape.hasFixedSize()
                ? least + (least == 1 ? " byte" : " bytes")
                : least + " to " + shape.maxFrameBytes() + " bytes";
    }

    private static void explainCheck(Check check, List<String> lines) {
        if (check.isOfBlocks()) {
            lines.add("a check of " + check.sizeBytes() + " bytes behind each " + check.every()
                    + " bytes of payload, and behind what is left");
        }
        if (!check.extra().isEmpty()) {
            lines.add("the check is continued over a byte that the type chooses; a frame of none of these "
                    + check.extra().size() + " types is a bad one");
        }
        if (check.encoding() == Check.Encoding.ASCII_HEX) {
            lines.add("the check is written as " + check.sizeBytes() + " hexadecimal digits"
                    + (check.separator().sizeBytes() > 0 ? " behind " + hex(check.separator()) : ""));
        }
    }

    private static String hex(BytePattern bytes) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < bytes.sizeBytes(); i++) {
            text.append(String.format(Locale.ROOT, i == 0 ? "%02X" : " %02X", bytes.byteAt(i)));
        }
        return text.toString();
    }

    private static String falseFrames(FrameFormat format) {
        return "false frames to expect per gigabyte scanned: " + number(falseFramesPerGigabyte(format))
                + " in random bytes, up to " + number(falseFramesPerGigabyteOfTraffic(format))
                + " in traffic, where zeros and small numbers are common";
    }

    private static String recovery(FrameFormat format) {
        Escaping escaping = format.escaping();
        if (escaping != null && escaping.hasCertainBoundaries()) {
            return "recovery past a hole: possible; frames go early from the first mark, a boundary that is proven";
        }
        if (format.wantsContentEvidence() || !format.canResynchronise()) {
            return "recovery past a hole: only behind a frame whose header came before the hole (proven)"
                    + (format.wantsContentEvidence()
                            ? ", and where whole IP packets speak for the frames that hold them"
                            : "");
        }
        return "recovery past a hole: possible; frames go early from boundaries that are "
                + switch (format.resync().boundaries()) {
                    case PROVEN -> "proven";
                    case ANCHORED -> "proven or anchored";
                    case FOUND -> "proven, anchored or merely found";
                };
    }

    /** A start is told by a mark in front of it. */
    private static BytePattern mark(FrameFormat format) {
        return switch (format.escape()) {
            case NONE -> BytePattern.EMPTY;
            case HDLC -> BytePattern.of(new byte[] {0x7E});
            case SLIP -> BytePattern.of(new byte[] {(byte) 0xC0});
            case COBS -> BytePattern.of(new byte[] {0});
            case DLE -> BytePattern.of(new byte[] {0x10, 0x02});
            case SML -> BytePattern.of(new byte[] {0x1B, 0x1B, 0x1B, 0x1B, 1, 1, 1, 1});
            case END -> BytePattern.of(new byte[] {(byte) format.end().orElseThrow()});
        };
    }

    private static double plausibleLengths(FrameFormat format) {
        if (format.length().isEmpty()) {
            return 1; // a mark ends the frame, or all have the same size
        }
        LengthField length = format.length().get();
        if (length.isGrowing()) {
            return GrowingLength.of(length).chance(format.maxPayloadBytes() + format.lengthBias());
        }
        double values = Math.pow(2, length.bits().bits());
        // Where a mark ends the frame there is one right length, not a range of them.
        return (format.escape() == Escape.NONE ? format.maxPayloadBytes() - format.minPayloadBytes() + 1 : 1)
                / values
                / (length.repeatedAt().isPresent() ? values : 1);
    }

    /** What a length must have right where small numbers are common: the bytes in front that are zero in every length allowed. */
    private static double commonLengthBits(FrameFormat format) {
        if (format.length().isEmpty()
                || format.length().get().isGrowing()
                || format.length().get().encoding().isText()) {
            return 0;
        }
        LengthField length = format.length().get();
        double unused = length.maxValue() / (double) Math.max(1, format.maxPayloadBytes() + format.lengthBias());
        int zeros = (int) (Math.log(Math.max(1, unused)) / Math.log(256));
        return zeros == 0 ? 0 : FixedBits.ofRun(0, zeros);
    }

    private static String number(double value) {
        return value >= 10 ? String.format(Locale.ROOT, "%.0f", value) : String.format(Locale.ROOT, "%.2g", value);
    }
}
