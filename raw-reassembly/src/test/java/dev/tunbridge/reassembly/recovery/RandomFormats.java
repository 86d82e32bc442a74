package dev.tunbridge.reassembly.recovery;

import dev.tunbridge.protocol.description.DescriptionException;
import dev.tunbridge.protocol.frame.FrameFormat;
import java.util.List;
import java.util.Random;

/** Draws small formats, most of them with so little in a header that false frames are everywhere. */
final class RandomFormats {
    private static final List<String> CHECKS = List.of(
            "",
            "",
            "{algorithm: sum, size: 1, from: 0, to: payload-end, at: payload-end}",
            "{algorithm: sum, size: 2, from: payload-start, to: payload-end, at: payload-end}",
            "{algorithm: crc16-x25, from: 0, to: payload-end, at: payload-end, endian: little}",
            "{algorithm: crc32, from: 1, to: payload-end, at: payload-end}");
    private static final List<String> SYNCS = List.of("", "", "A5", "A5 5A", "A5 A5", "00");

    private RandomFormats() {}

    static FrameFormat next(Random random) {
        while (true) {
            String yaml = draw(random);
            try {
                return FrameFormat.parse(yaml, "random");
            } catch (DescriptionException e) {
                // Such as a maximum that the length drawn cannot hold: draw again.
            }
        }
    }

    private static String draw(Random random) {
        boolean isDle = random.nextInt(6) == 0;
        String sync = isDle ? "" : pick(random, SYNCS);
        int at = sync.isEmpty() ? 0 : (sync.length() + 1) / 3;
        boolean isTypeFirst = random.nextBoolean();
        int lengthSize = 1 + random.nextInt(2);
        int typeAt = isTypeFirst ? at : at + lengthSize;
        int lengthAt = isTypeFirst ? at + 1 : at;
        int headBytes = at + 1 + lengthSize;
        StringBuilder yaml = new StringBuilder("name: random\nframe:\n");
        if (!sync.isEmpty()) {
            yaml.append("  sync: {bytes: \"").append(sync).append("\"}\n");
        }
        yaml.append("  header:\n    - {name: type, at: ").append(typeAt).append(", size: 1}\n");
        if (random.nextInt(3) == 0) {
            yaml.append("    - {name: constant, at: ").append(headBytes++).append(", size: 1, value: 0}\n");
        }
        int most = 1 + random.nextInt(random.nextInt(4) == 0 ? 120 : 24);
        yaml.append("  length: {at: ").append(lengthAt).append(", size: ").append(lengthSize);
        yaml.append(", endian: ").append(random.nextBoolean() ? "big" : "little");
        yaml.append(", counts: ").append(isDle ? "payload" : pick(random, List.of("payload", "all", "after-length")));
        yaml.append(", max: ").append(most).append("}\n");
        yaml.append("  payload: {at: ").append(headBytes).append("}\n");
        String check = pick(random, CHECKS);
        if (!check.isEmpty()) {
            yaml.append("  check: ").append(check).append('\n');
        }
        if (!isDle && random.nextInt(5) == 0) {
            yaml.append("  trailer: \"0D\"\n");
        }
        if (isDle) {
            yaml.append("  escape: dle\n");
        }
        return yaml.append("types: {hello: 1, packet: 32}\n").toString();
    }

    static <T> T pick(Random random, List<T> values) {
        return values.get(random.nextInt(values.size()));
    }
}
