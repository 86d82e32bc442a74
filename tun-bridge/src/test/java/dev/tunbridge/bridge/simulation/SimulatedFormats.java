package dev.tunbridge.bridge.simulation;

import dev.tunbridge.protocol.description.DescriptionException;
import dev.tunbridge.protocol.frame.BoundaryGrade;
import dev.tunbridge.protocol.frame.Escape;
import dev.tunbridge.protocol.frame.FrameFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The formats that come with the bridge, and some that somebody else might describe. */
final class SimulatedFormats {
    private static final String TYPES =
            "types: {hello: 1, welcome: 2, reject: 3, keepalive: 4, keepalive-ack: 5, bye: 6, app: 16, packet: 32,"
                    + " tcp: 33, udp: 34, open: 48, opened: 49, data: 50, credit: 51, close: 52}\n";
    private static final List<String> CHECKS =
            List.of("crc16-ccitt-false", "crc16-modbus", "crc24-openpgp", "crc32", "crc32c", "crc8");
    private static final int GENERATED = 40;

    private static final FrameFormat REFERENCE = FrameFormat.builtin("reference");
    private static final FrameFormat PLAIN = FrameFormat.builtin("plain-le");
    private static final FrameFormat HDLC = FrameFormat.builtin("hdlc");
    /** Neither sync nor check: packets speak for themselves. */
    private static final FrameFormat BARE = FrameFormat.parse("""
            name: bare
            frame:
              header: [{name: type, at: 2, size: 1}]
              length: {at: 0, size: 2, counts: payload, max: 2048}
              payload: {at: 3}
            """ + TYPES, "bare");

    private static final List<FrameFormat> OTHERS = generate();

    private SimulatedFormats() {}

    static FrameFormat draw(Dice dice) {
        int percent = dice.below(100);
        if (percent < 45) {
            return REFERENCE;
        }
        if (percent < 65) {
            return HDLC;
        }
        if (percent < 75) {
            return BARE;
        }
        return percent < 85 ? PLAIN : OTHERS.get(dice.below(OTHERS.size()));
    }

    private static List<FrameFormat> generate() {
        Dice dice = new Dice(20_260_101);
        List<FrameFormat> formats = new ArrayList<>();
        while (formats.size() < GENERATED) {
            String name = "generated-" + formats.size();
            try {
                formats.add(FrameFormat.parse(describe(name, dice), name));
            } catch (DescriptionException e) {
                // Such as a length that counts escaped bytes: draw again.
            }
        }
        return List.copyOf(formats);
    }

    private static String describe(String name, Dice dice) {
        Escape[] escapes = Escape.values();
        Escape escape = dice.chance(0.6) ? Escape.NONE : escapes[dice.below(escapes.length)];
        StringBuilder text = new StringBuilder("name: " + name + "\nmapper: reference\nframe:\n");
        int at = 0;
        if (escape == Escape.NONE && dice.chance(0.6)) {
            int syncBytes = dice.between(1, 4);
            text.append("  sync: {bytes: \"");
            for (int i = 0; i < syncBytes; i++) {
                text.append(i == 0 ? "" : " ").append(String.format(Locale.ROOT, "%02X", dice.below(256)));
            }
            text.append("\"}\n");
            at = syncBytes;
        }
        text.append("  header:\n    - {name: type, at: ").append(at++).append(", size: 1}\n");
        if (dice.chance(0.5)) {
            text.append("    - {name: sequence, at: ").append(at++).append(", size: 1}\n");
        }
        if (dice.chance(0.3)) {
            text.append("    - {name: version, at: ").append(at++).append(", size: 1, value: 7}\n");
        }
        boolean hasLength = escape == Escape.NONE || dice.chance(0.3);
        if (hasLength) {
            int size = dice.oneOf(2, 2, 4);
            String counts = List.of("payload", "all", "after-length").get(dice.below(3));
            text.append("  length: {at: ").append(at).append(", size: ").append(size);
            text.append(", endian: ").append(endian(dice)).append(", counts: ").append(counts);
            text.append(", max: 2048}\n");
            at += size;
        }
        text.append("  payload: {at: ").append(at).append(hasLength ? "}\n" : ", max: 2048}\n");
        if (dice.chance(0.85)) {
            text.append("  check: {algorithm: ").append(CHECKS.get(dice.below(CHECKS.size())));
            text.append(", from: ").append(dice.below(at)).append(", to: payload-end, at: payload-end, endian: ");
            text.append(endian(dice)).append("}\n");
        }
        text.append("  escape: ").append(escape.name().toLowerCase(Locale.ROOT)).append('\n');
        BoundaryGrade[] grades = BoundaryGrade.values();
        text.append("resync: {boundaries: ")
                .append(grades[dice.below(grades.length)].name().toLowerCase(Locale.ROOT));
        text.append(", maxScan: 65536}\n").append(TYPES);
        return text.append("keepalive: {every: 15s, deadAfter: 45s}\n").toString();
    }

    private static String endian(Dice dice) {
        return dice.chance(0.5) ? "big" : "little";
    }
}
