package dev.tunbridge.bridge.simulation;

import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.description.DescriptionException;
import dev.tunbridge.protocol.frame.BoundaryGrade;
import dev.tunbridge.protocol.frame.Escape;
import dev.tunbridge.protocol.message.Carriage;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** The protocols that come with the bridge and carry packets, and some that somebody else might describe. */
final class SimulatedFormats {
    private static final String TYPES =
            "types: {hello: 1, welcome: 2, reject: 3, keepalive: 4, keepalive-ack: 5, bye: 6, app: 16, packet: 32,"
                    + " tcp: 33, udp: 34, open: 48, opened: 49, data: 50, credit: 51, close: 52}\n";
    private static final List<String> CHECKS =
            List.of("crc16-ccitt-false", "crc16-modbus", "crc24-openpgp", "crc32", "crc32c", "crc8");
    private static final int GENERATED = 40;
    /** Of so many seeds, one behind the other, one is each shipped protocol's own. */
    private static final int ROUND = 20;

    /** With their own messages and sessions. */
    private static final List<Protocol> SHIPPED = Protocol.builtinNames().stream()
            .map(Protocol::builtin)
            .filter(protocol -> !carriages(protocol).isEmpty())
            .toList();

    private static final Protocol REFERENCE = Protocol.builtin("reference");
    private static final Protocol HDLC = Protocol.builtin("hdlc");
    /** Neither sync nor check: packets speak for themselves. */
    private static final Protocol BARE = Protocol.parse("""
            name: bare
            frame:
              header: [{name: type, at: 2, size: 1}]
              length: {at: 0, size: 2, counts: payload, max: 2048}
              payload: {at: 3}
            """ + TYPES, "bare");

    /** A check behind each sixteen bytes of payload, as DNP3 has it. */
    private static final Protocol BLOCKS = Protocol.parse("""
            name: blocks
            frame:
              sync: {bytes: "05 64"}
              header: [{name: type, at: 4, size: 1}]
              length: {at: 2, size: 2, counts: payload, max: 2048}
              headerCheck: {algorithm: crc16-dnp, from: 0, to: 5, at: 5}
              payload: {at: 7}
              check: {algorithm: crc16-dnp, from: payload-start, to: payload-end, at: payload-end, every: 16}
            """ + TYPES, "blocks");
    /** A length in stages, a key, and masked payloads, as WebSocket has them. */
    private static final Protocol MASKED = Protocol.parse("""
            name: masked
            frame:
              header: [{name: type, at: 0, size: 1}, {name: masked, at: 1, size: 1, shift: 7, bits: 1}]
              length: {at: 1, size: 1, bits: 7, encoding: staged, max: 2048}
              payload: {at: length-end}
              mask: {when: masked, size: 4}
            """ + TYPES, "masked");

    private static final List<Protocol> OTHERS = generate();

    private SimulatedFormats() {}

    /** Seeds in a row play all that are shipped; the others go deep where most of the recovery is. */
    static Protocol draw(long seed, Dice dice) {
        int place = (int) Math.floorMod(seed, (long) Math.max(ROUND, 2 * SHIPPED.size()));
        if (place < SHIPPED.size()) {
            return SHIPPED.get(place);
        }
        int percent = dice.below(100);
        if (percent < 50) {
            return REFERENCE;
        }
        if (percent < 68) {
            return HDLC;
        }
        return percent < 80 ? BARE : OTHERS.get(dice.below(OTHERS.size()));
    }

    static List<Protocol> shipped() {
        return SHIPPED;
    }

    /** Those that carry IP. */
    static Set<Carriage> carriages(Protocol protocol) {
        Set<Carriage> carriages = EnumSet.of(Carriage.PACKET, Carriage.SEGMENT);
        carriages.retainAll(protocol.newCodec().carriages());
        return carriages;
    }

    private static List<Protocol> generate() {
        Dice dice = new Dice(20_260_101);
        List<Protocol> formats = new ArrayList<>(List.of(BLOCKS, MASKED));
        while (formats.size() < GENERATED) {
            String name = "generated-" + formats.size();
            try {
                formats.add(Protocol.parse(describe(name, dice), name));
            } catch (DescriptionException e) {
                // Such as a length that counts escaped bytes: draw again.
            }
        }
        return List.copyOf(formats);
    }

    private static String describe(String name, Dice dice) {
        // A packet may hold any byte, also one that would end it.
        Escape[] escapes = {Escape.NONE, Escape.HDLC, Escape.SLIP, Escape.COBS, Escape.DLE};
        Escape escape = dice.chance(0.6) ? Escape.NONE : escapes[dice.below(escapes.length)];
        StringBuilder text = new StringBuilder("name: " + name + "\nframe:\n");
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
