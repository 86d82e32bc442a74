package dev.tunbridge.protocol.frame;

import dev.tunbridge.protocol.description.DescriptionException;
import dev.tunbridge.protocol.description.Section;
import dev.tunbridge.protocol.frame.Check.Position;
import dev.tunbridge.protocol.frame.ChecksumAlgorithm.Complement;
import dev.tunbridge.protocol.frame.ChecksumAlgorithm.Crc;
import dev.tunbridge.protocol.frame.ChecksumAlgorithm.Fletcher;
import dev.tunbridge.protocol.frame.ChecksumAlgorithm.Sum;
import dev.tunbridge.protocol.frame.ChecksumAlgorithm.Xor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.stream.Stream;

/**
 * Reads the YAML of a description. What the values must be to each other is {@link FormatRules}' business.
 *
 * <pre>
 *   name
 *   frame:
 *     sync:    bytes, mask                        hexadecimal, up to 8 bytes
 *     header:  name, at, size, endian, shift, bits, value
 *     length:  at, size, endian, shift, bits, encoding (binary, bcd, ascii-hex, ascii-decimal, varint, staged), until,
 *              repeatedAt, counts (payload, all, after-length),
 *              adjust, max                        max is the longest payload, whatever is counted
 *     payload: at (or length-end), max, size      max only where a mark ends frames that have no length, size where nothing does
 *              type: at, size, endian, shift, bits, keep
 *                                                 where the type lies in the payload; at counts from its start
 *     check:   algorithm, from, to, at, endian, encoding (binary, ascii-hex), separator,
 *              every                              each so many bytes of the payload have one behind them
 *                                                 none, a name of the catalogue,
 *                                                 crc: width, poly, init, refin, refout, xorout
 *                                                 sum: size, init, complement (none, ones, twos)
 *                                                 lrc, xor: init, fletcher: modulus (255, 256), adler32
 *     mask:    when, size                         a header field of one bit; the bytes of the key
 *     headerCheck:                                the same keys, for the header alone
 *     crcExtra:  type: byte                       a byte over which the check goes on
 *     signature: when, size                       a header field of one bit; the bytes behind the check
 *     type                                        of all frames, where no field of the header is named type
 *     trailer, escape (none, hdlc, slip, cobs, dle, sml), end, flags (own, shared)
 *     shapes:                                     a list of such frames without escape, end and flags, instead of all that
 *   resync:    boundaries (proven, anchored, found), maxScan
 *   types:     name: number, or {number, mask}, or a list of these, or {ipv4: number, ipv6: number}
 *   keepalive: every, deadAfter
 * </pre>
 *
 * With an escape all places and lengths are those of the frame before escaping, and its marks are not part of it.
 */
final class FormatParser {
    private static final String LENGTH_END = "length-end";
    private static final String[] PLACE_KEYS = {
        "algorithm", "from", "to", "at", "endian", "encoding", "separator", "every"
    };
    private static final List<String> ALGORITHMS = List.of("none", "sum", "lrc", "xor", "fletcher", "adler32", "crc");
    private static final String[] SUM_KEYS = {"size", "init", "complement"};
    private static final String[] CRC_KEYS = {"width", "poly", "init", "refin", "refout", "xorout"};
    private static final String[] XOR_KEYS = {"init"};
    private static final String[] FLETCHER_KEYS = {"modulus"};
    private static final String[] CHECK_KEYS = with(PLACE_KEYS, with(FLETCHER_KEYS, with(SUM_KEYS, CRC_KEYS)));

    private FormatParser() {}

    /** What a frame may have of its own, whatever its shape. */
    private static final String[] SHAPE_KEYS = {
        "sync", "header", "length", "payload", "mask", "headerCheck", "check", "trailer", "signature", "type"
    };

    private static final int MOST_SHAPES = 16;

    /** What frames say, and when, is known to others. */
    static FrameFormat parse(Section top) {
        top.keys("name", "mapper", "frame", "resync", "types", "keepalive", "messages", "session");
        Common common = common(top);
        Section frame = top.section("frame");
        try {
            if (frame.has("shapes")) {
                frame.keys("shapes", "crcExtra");
                return FrameFormat.ofShapes(shapes(top, frame, common), common.types(), common.typing());
            }
            frame.keys(with(SHAPE_KEYS, new String[] {"end", "escape", "flags", "crcExtra", "shapes"}));
            return format(frame, common, common.types(), common.typing(), extra(frame));
        } catch (DescriptionException e) {
            throw e.line() > 0 ? e : top.locate(e);
        }
    }

    /** What is said of no shape by itself. */
    private record Common(
            String name, Resync resync, Map<String, Integer> types, FrameTypes typing, long every, long deadAfter) {}

    private static Common common(Section top) {
        Optional<Section> keepAlive = top.optionalSection("keepalive");
        keepAlive.ifPresent(section -> section.keys("every", "deadAfter"));
        long every = keepAlive.map(s -> s.nanos("every", seconds(15))).orElse(seconds(15));
        Map<String, List<TypeNumber>> numbers = TypesParser.parse(top.section("types"));
        Map<String, Integer> types = new HashMap<>();
        numbers.forEach((type, all) -> types.put(type, all.get(0).number()));
        numbers.values().removeIf(all -> all.size() == 1 && all.get(0).mask() == TypeNumber.WHOLE);
        return new Common(
                top.text("name"),
                top.optionalSection("resync").map(FormatParser::resync).orElse(Resync.DEFAULT),
                types,
                new FrameTypes(numbers, Optional.empty()),
                every,
                keepAlive.map(s -> s.nanos("deadAfter", 3 * every)).orElse(3 * every));
    }

    private static List<FrameFormat> shapes(Section top, Section frame, Common common) {
        List<Section> sections = frame.sections("shapes");
        if (sections.isEmpty() || sections.size() > MOST_SHAPES) {
            throw frame.refuse("shapes", "has " + sections.size() + " items; allowed 1 to " + MOST_SHAPES);
        }
        Map<Integer, Integer> extra = extra(frame);
        List<FrameFormat> shapes = new ArrayList<>();
        for (Section section : sections) {
            section.keys(SHAPE_KEYS);
            try {
                shapes.add(format(section, common, Map.of(), FrameTypes.PLAIN, extra));
            } catch (DescriptionException e) {
                throw e.line() > 0 ? e : top.locate(ofShape(e, shapes.size()));
            }
        }
        return shapes;
    }

    /** Rules are told of a frame; here each key of it is that of one shape. */
    private static DescriptionException ofShape(DescriptionException fault, int shape) {
        String path = "frame.shapes[" + shape + "].";
        String key = fault.key().replaceFirst("^frame\\.(?!crcExtra)", Matcher.quoteReplacement(path));
        String reason = fault.reason().replaceAll("\\bframe\\.(?!crcExtra)(?=[a-z])", Matcher.quoteReplacement(path));
        return new DescriptionException("shape " + shape, key, reason);
    }

    private static FrameFormat format(
            Section frame, Common common, Map<String, Integer> types, FrameTypes typing, Map<Integer, Integer> extra) {
        byte[] end = frame.has("end") ? end(frame) : new byte[0];
        Escape escape = end.length > 0 ? Escape.END : escape(frame);
        Flags flags = frame.choice("flags", Flags.OWN, Flags.class);
        Optional<Section> length = frame.optionalSection("length");
        Section payload = frame.section("payload");
        payload.keys(length.isPresent() ? new String[] {"at", "type"} : new String[] {"at", "max", "size", "type"});
        length.ifPresent(l -> l.keys(
                "at", "size", "endian", "shift", "bits", "encoding", "until", "repeatedAt", "counts", "adjust", "max"));
        // Without a length field the maximum has no other place.
        int maxPayloadBytes =
                length.isPresent() ? length.get().integer("max") : maxWithoutLength(frame, payload, escape);
        BytePattern sync = frame.optionalSection("sync").map(FormatParser::sync).orElse(BytePattern.EMPTY);
        List<HeaderField> fields = (frame.has("header") ? frame.sections("header") : List.<Section>of())
                .stream().map(FormatParser::field).toList();
        Optional<LengthField> lengthField = length.map(FormatParser::length);
        int payloadAt = payloadAt(payload, lengthField);
        Optional<Check> check = frame.optionalSection("check")
                .flatMap(section -> check(section, payloadAt))
                .map(checked -> checked.continued(extra));
        Optional<Check> headerCheck =
                frame.optionalSection("headerCheck").flatMap(section -> check(section, payloadAt));
        BytePattern trailer = end.length > 0
                ? BytePattern.of(Arrays.copyOf(end, end.length - 1))
                : frame.has("trailer") ? pattern(frame, "trailer") : BytePattern.EMPTY;
        return new FrameFormat(
                common.name(),
                sync,
                fields,
                lengthField,
                payloadAt,
                maxPayloadBytes,
                check,
                trailer,
                escape,
                common.resync(),
                types,
                common.every(),
                common.deadAfter(),
                flags,
                headerCheck,
                end.length > 0 ? OptionalInt.of(end[end.length - 1] & 0xff) : OptionalInt.empty(),
                frame.optionalSection("mask").map(FormatParser::mask),
                onlyType(frame, fields),
                frame.optionalSection("signature").map(FormatParser::signature),
                List.of(),
                typing.in(payloadType(frame, payload, fields)));
    }

    private static int onlyType(Section frame, List<HeaderField> fields) {
        boolean isField = fields.stream().anyMatch(field -> field.name().equals(HeaderField.TYPE));
        if (frame.has("type") && isField) {
            throw frame.refuse(
                    "type", "does not go with a field of the header that is named type; allowed: one of them");
        }
        return frame.has("type") ? frame.unsigned("type") : 0;
    }

    private static Optional<PayloadType> payloadType(Section frame, Section payload, List<HeaderField> fields) {
        Optional<Section> section = payload.optionalSection("type");
        section.ifPresent(type -> {
            boolean isField = fields.stream().anyMatch(field -> field.name().equals(HeaderField.TYPE));
            if (isField || frame.has("type")) {
                throw payload.refuse(
                        "type",
                        "does not go with " + (isField ? "a field of the header that is named type" : "frame.type")
                                + "; allowed: one of them");
            }
            type.keys("at", "size", "endian", "shift", "bits", "keep");
        });
        return section.map(type -> new PayloadType(bitField(type), type.has("keep") && type.flag("keep")));
    }

    /** What a description may say of escapes; an end has a key of its own. */
    private enum Stuffing {
        NONE,
        HDLC,
        SLIP,
        COBS,
        DLE,
        SML
    }

    private static Escape escape(Section frame) {
        return switch (frame.choice("escape", Stuffing.NONE, Stuffing.class)) {
            case NONE -> Escape.NONE;
            case HDLC -> Escape.HDLC;
            case SLIP -> Escape.SLIP;
            case COBS -> Escape.COBS;
            case DLE -> Escape.DLE;
            case SML -> Escape.SML;
        };
    }

    private static byte[] end(Section frame) {
        for (String other : List.of("escape", "trailer")) {
            if (frame.has(other)) {
                throw frame.refuse(
                        other, "does not go with frame.end, which ends a frame by itself; allowed: one of them");
            }
        }
        byte[] end = frame.hex("end", BytePattern.MAX_BYTES);
        if (end.length == 0) {
            throw frame.refuse("end", "is empty; allowed: 1 to 8 bytes, or no such key at all");
        }
        for (int i = 0; i < end.length - 1; i++) {
            if (end[i] == end[end.length - 1]) {
                throw frame.refuse("end", "has its last byte twice, which may stand nowhere else; allowed: once");
            }
        }
        return end;
    }

    private static int payloadAt(Section payload, Optional<LengthField> length) {
        boolean isGrowing = length.map(LengthField::isGrowing).orElse(false);
        if (!payload.has("at") || !payload.isText("at")) {
            int at = payload.integer("at");
            if (isGrowing) {
                throw payload.refuse("at", "is " + at + "; allowed length-end, for the length grows");
            }
            return at;
        }
        String written = payload.text("at");
        if (!written.equals(LENGTH_END) || length.isEmpty()) {
            throw payload.refuse(
                    "at",
                    "is \"" + written + "\"; allowed: bytes from the frame's start"
                            + (length.isEmpty() ? ", for there is no length" : ", length-end"));
        }
        return length.get().leastEnd();
    }

    private static int maxWithoutLength(Section frame, Section payload, Escape escape) {
        if (escape != Escape.NONE) {
            if (payload.has("size")) {
                throw payload.refuse("size", "does not go with marks that end frames; allowed: max");
            }
            return payload.integer("max");
        }
        if (!payload.has("size")) {
            throw frame.refuse(
                    "length",
                    "is missing; it may be absent only where an escape delimits frames, or payload.size says how long all are");
        }
        if (payload.has("max")) {
            throw payload.refuse("max", "does not go with size, which all payloads have; allowed: one of them");
        }
        return payload.integer("size");
    }

    private static Signature signature(Section section) {
        section.keys("when", "size");
        return new Signature(section.text("when"), section.integer("size"));
    }

    private static Mask mask(Section section) {
        section.keys("when", "size");
        return new Mask(section.text("when"), section.integer("size"));
    }

    private static BytePattern sync(Section section) {
        section.keys("bytes", "mask");
        BytePattern bytes = pattern(section, "bytes");
        if (bytes.sizeBytes() == 0) {
            throw section.refuse("bytes", "is empty; allowed: 1 to 8 bytes, or no sync at all");
        }
        BytePattern mask = section.has("mask") ? pattern(section, "mask") : bytes;
        if (mask.sizeBytes() != bytes.sizeBytes()) {
            throw section.refuse("mask", "has " + mask.sizeBytes() + " bytes; allowed " + bytes.sizeBytes());
        }
        long bits = section.has("mask") ? mask.value() : bytes.mask();
        if ((bytes.value() & ~bits) != 0) {
            throw section.refuse("bytes", "has bits that frame.sync.mask leaves out; allowed: zero there");
        }
        return new BytePattern(bytes.sizeBytes(), bytes.value(), bits);
    }

    private static BytePattern pattern(Section section, String key) {
        return BytePattern.of(section.hex(key, BytePattern.MAX_BYTES));
    }

    private static HeaderField field(Section section) {
        section.keys("name", "at", "size", "endian", "shift", "bits", "value");
        String name = section.text("name");
        BitField bits = bitField(section);
        OptionalLong value = section.has("value") ? OptionalLong.of(section.number("value")) : OptionalLong.empty();
        return new HeaderField(name, bits, value);
    }

    private static BitField bitField(Section section) {
        int at = section.integer("at");
        int size = section.integer("size");
        if (size < 1 || size > 8) {
            throw section.refuse("size", "is " + size + "; allowed 1 to 8");
        }
        int shift = section.integer("shift", 0);
        int bits = section.integer("bits", 8 * size - shift);
        return new BitField(at, size, section.choice("endian", Endian.BIG, Endian.class), shift, bits);
    }

    private static LengthField length(Section section) {
        return new LengthField(
                section.choice("encoding", LengthField.Encoding.BINARY, LengthField.Encoding.class),
                bitField(section),
                section.choice("counts", LengthField.Counts.PAYLOAD, LengthField.Counts.class),
                section.integer("adjust", 0),
                section.has("until") ? pattern(section, "until") : BytePattern.EMPTY,
                section.has("repeatedAt") ? OptionalInt.of(section.integer("repeatedAt")) : OptionalInt.empty());
    }

    private static Optional<Check> check(Section section, int payloadAt) {
        section.keys(CHECK_KEYS);
        String name = section.text("algorithm");
        requireKnown(section, name); // before its keys, which would be unknown for this alone
        section.keys(checkKeys(name));
        if (name.equals("none")) {
            return Optional.empty();
        }
        ChecksumAlgorithm algorithm = algorithm(section, name);
        return Optional.of(new Check(
                algorithm,
                position(section, "from", payloadAt),
                position(section, "to", payloadAt),
                position(section, "at", payloadAt),
                section.choice("endian", Endian.BIG, Endian.class),
                section.choice("encoding", Check.Encoding.BINARY, Check.Encoding.class),
                section.has("separator") ? pattern(section, "separator") : BytePattern.EMPTY,
                section.has("every") ? every(section) : 0,
                Map.of()));
    }

    /** The numbers of types, and a byte for each. */
    private static Map<Integer, Integer> extra(Section frame) {
        Optional<Section> extra = frame.optionalSection("crcExtra");
        if (extra.isEmpty()) {
            return Map.of();
        }
        Section section = extra.get();
        Map<Integer, Integer> bytes = new HashMap<>();
        for (String key : section.names()) {
            long type;
            try {
                type = Long.decode(key);
            } catch (NumberFormatException e) {
                type = -1;
            }
            if (type < 0 || type > 0xFFFFFFFFL) {
                throw section.refuse(key, "is no number of a type; allowed 0 to 4294967295");
            }
            int value = section.integer(key);
            if (value < 0 || value > 0xff) {
                throw section.refuse(key, "is " + value + "; allowed 0 to 255, a byte");
            }
            if (bytes.put((int) type, value) != null) {
                throw section.refuse(key, "is the number of a type that is there already; allowed: once");
            }
        }
        if (bytes.isEmpty()) {
            throw section.refuse("", "is empty; allowed: numbers of types with a byte each");
        }
        return bytes;
    }

    private static int every(Section section) {
        int every = section.integer("every");
        if (every < 1 || every > 4_096) {
            throw section.refuse("every", "is " + every + "; allowed 1 to 4096, the bytes of a block");
        }
        return every;
    }

    private static String[] checkKeys(String algorithm) {
        return switch (algorithm) {
            case "none" -> new String[] {"algorithm"};
            case "sum" -> with(PLACE_KEYS, SUM_KEYS);
            case "crc" -> with(PLACE_KEYS, CRC_KEYS);
            case "xor" -> with(PLACE_KEYS, XOR_KEYS);
            case "fletcher" -> with(PLACE_KEYS, FLETCHER_KEYS);
            default -> PLACE_KEYS;
        };
    }

    private static String[] with(String[] some, String[] others) {
        return Stream.of(some, others).flatMap(Arrays::stream).toArray(String[]::new);
    }

    private static ChecksumAlgorithm algorithm(Section section, String name) {
        if (name.equals("sum")) {
            int size = section.integer("size", 1);
            long init = section.has("init") ? Integer.toUnsignedLong(section.unsigned("init")) : 0;
            return new Sum(size, init, section.choice("complement", Complement.NONE, Complement.class));
        }
        if (name.equals("crc")) {
            return new Crc(
                    section.integer("width"),
                    section.unsigned("poly"),
                    section.unsigned("init"),
                    section.flag("refin"),
                    section.flag("refout"),
                    section.unsigned("xorout"));
        }
        switch (name) {
            case "xor" -> {
                return new Xor(section.has("init") ? section.unsigned("init") : 0);
            }
            case "lrc" -> {
                return new Sum(1, 0, Complement.TWOS);
            }
            case "fletcher" -> {
                return new Fletcher(2, section.integer("modulus", 255), 0);
            }
            case "adler32" -> {
                return Fletcher.ADLER_32;
            }
            default -> {
                // A name of the catalogue.
            }
        }
        return CrcCatalogue.find(name).orElseThrow();
    }

    private static void requireKnown(Section section, String name) {
        if (!ALGORITHMS.contains(name) && CrcCatalogue.find(name).isEmpty()) {
            List<String> allowed = new ArrayList<>(ALGORITHMS);
            allowed.addAll(CrcCatalogue.all().keySet());
            throw section.refuseName("algorithm", name, allowed);
        }
    }

    private static Position position(Section section, String key, int payloadAt) {
        if (section.has(key) && section.isText(key)) {
            return switch (section.text(key)) {
                case "payload-start" -> Position.fromStart(payloadAt);
                case "payload-end" -> Position.PAYLOAD_END;
                default ->
                    throw section.refuse(
                            key,
                            "is \"" + section.text(key)
                                    + "\"; allowed: bytes from the frame's start, payload-start, payload-end");
            };
        }
        return Position.fromStart(section.integer(key));
    }

    private static Resync resync(Section section) {
        section.keys("boundaries", "maxScan");
        return new Resync(
                section.choice("boundaries", Resync.DEFAULT.boundaries(), BoundaryGrade.class),
                section.integer("maxScan", Resync.DEFAULT.maxScanBytes()));
    }

    private static long seconds(int seconds) {
        return TimeUnit.SECONDS.toNanos(seconds);
    }
}
