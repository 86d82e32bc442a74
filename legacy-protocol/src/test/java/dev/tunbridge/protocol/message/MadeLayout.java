package dev.tunbridge.protocol.message;

import dev.tunbridge.protocol.frame.Seeds;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Draws the layout of a message, of items of every kind; most of them can be parsed. */
final class MadeLayout {
    private static final int MOST_ITEMS = 6;

    private final Random random;
    private int names;

    MadeLayout(Random random) {
        this.random = random;
    }

    /** As the section {@code messages} of a description, of a message {@code ours}. */
    String text() {
        return switch (random.nextInt(6)) {
            case 0 -> "ours: {unframed: {" + extent() + "}, layout: " + items(true) + "}\n";
            case 1 -> "ours: {means: packet, layout: [" + head() + "{bytes: content}]}\n";
            case 2 ->
                "ours: {means: " + (random.nextBoolean() ? "tcp" : "udp") + ", layout: [" + addresses()
                        + "{bytes: content}]}\n";
            case 3 ->
                "ours: {means: open, layout: [" + number("channel") + ", " + number("transport") + ", "
                        + number("device-port") + ", {address: client-address, of: "
                        + Seeds.pick(random, List.of("ipv4", "ipv6"))
                        + "}, " + number("client-port") + "]}\n";
            default -> "ours: " + items(true) + "\n";
        };
    }

    private String head() {
        return Seeds.pick(
                random,
                List.of(
                        "",
                        "{constant: \"01 02\"}, ",
                        "{literal: \"ip\"}, ",
                        "{ethernet: from-address}, ",
                        "{constant: \"00\"}, {ethernet: from-address}, "));
    }

    private String addresses() {
        return Seeds.pick(
                random,
                List.of(
                        "{address: client-address, of: ipv4}, {address: device-address, of: ipv4}, ",
                        "{address: device-address, of: ipv6}, {constant: \"00\"}, {address: client-address, of: ipv6}, ",
                        "{address: client-address, of: ipv4}, {address: device-address, of: ipv6}, ",
                        "{family: f, size: 1}, {address: client-address, of: f}, {address: device-address, of: f}, ",
                        "{family: f, size: 2, endian: little, ipv4: 0, ipv6: 1}, {constant: \"00\"}, {address: device-address, of: f}, {address: client-address, of: f}, ",
                        "{family: f, size: 1}, {family: g, size: 1}, {address: client-address, of: f}, {address: device-address, of: g}, "));
    }

    private String items(boolean mayTakeAll) {
        List<String> items = new ArrayList<>();
        for (int i = random.nextInt(MOST_ITEMS); i > 0; i--) {
            items.add(item());
        }
        if (mayTakeAll && random.nextInt(3) == 0) {
            items.add(text(""));
        }
        return items.toString();
    }

    private String item() {
        return switch (random.nextInt(8)) {
            case 0 -> "{constant: \"" + octet() + "\"}";
            case 1 -> "{literal: \"" + Seeds.pick(random, List.of("a", "0", "OK ", "ä")) + "\"}";
            case 2 -> "{choice: " + name() + ", " + size() + ", names: {a: 0, b: 4, c: 97}}";
            case 3 -> "{flags: " + name() + ", " + size() + ", names: {a: 1, b: 4, c: 6, d: 0x80}}";
            case 4 -> "{address: " + name() + ", of: " + Seeds.pick(random, List.of("ipv4", "ipv6")) + "}";
            case 5 -> {
                String family = name();
                yield "{family: " + family + ", " + size() + Seeds.pick(random, List.of("", ", ipv4: 0, ipv6: 10"))
                        + "}, {address: " + name() + ", of: " + family + "}";
            }
            case 6 -> number(name());
            default -> text(", " + extent());
        };
    }

    private String number(String name) {
        return "{number: " + name + ", " + size()
                + Seeds.pick(random, List.of("", "", ", most: 10", ", least: 0, most: 97")) + "}";
    }

    private String size() {
        return "size: " + Seeds.pick(random, List.of(1, 1, 2, 3, 4, 7, 8))
                + Seeds.pick(random, List.of("", ", endian: little"));
    }

    private String text(String extent) {
        return Seeds.pick(
                        random,
                        List.of(
                                "{bytes: " + name(),
                                "{bytes: " + name() + ", digits: 0123456789abcdef",
                                "{text: " + name(),
                                "{text: " + name() + ", charset: ascii",
                                "{text: " + name() + ", charset: latin-1"))
                + extent + "}";
    }

    private String extent() {
        return switch (random.nextInt(5)) {
            case 0 -> "size: " + (1 + random.nextInt(12));
            case 1, 2 -> "size: " + (1 + random.nextInt(12)) + ", pad: \"" + octet() + "\"";
            case 3 -> "length: {" + size() + "}";
            default -> "until: \"" + octet() + "\"";
        };
    }

    private String octet() {
        return Seeds.pick(random, List.of("00", "0A", "30", "41", "61", "C3", "FF"));
    }

    private String name() {
        return "n" + names++;
    }
}
