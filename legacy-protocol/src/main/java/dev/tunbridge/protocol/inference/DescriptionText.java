package dev.tunbridge.protocol.inference;

import dev.tunbridge.protocol.frame.Endian;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.stream.LongStream;

/** Writes a framing down as a description. */
final class DescriptionText {
    private static final int LEAST_MAX_BYTES = 2_048;
    /** Of the frames of one type that hold IP packets, so that the type is one of packets. */
    private static final double PART_OF_PACKETS = 0.95;

    private static final int LEAST_PACKETS = 3;

    private final Framed framed;
    private final Cut cut;
    private final StringBuilder yaml = new StringBuilder();

    private DescriptionText(Framed framed) {
        this.framed = framed;
        cut = framed.cut();
    }

    /**
     * @param remarks comments at its beginning, a line each
     */
    static String of(Framed framed, List<String> remarks) {
        return new DescriptionText(framed).text(remarks);
    }

    /** The same of frames that have these shapes, by their first bytes; empty where no description could hold them. */
    static Optional<String> ofShapes(Map<Integer, Framed> shapes, List<String> remarks) {
        StringBuilder text = new StringBuilder();
        remarks.forEach(remark -> text.append("# ").append(remark).append('\n'));
        text.append("name: inferred\nframe:\n");
        TreeMap<Long, Integer> extra = new TreeMap<>();
        TreeMap<Long, Integer> types = new TreeMap<>();
        StringBuilder items = new StringBuilder();
        for (Map.Entry<Integer, Framed> entry : shapes.entrySet()) {
            Framed shape = entry.getValue();
            Map<Long, Integer> more = shape.check()
                    .flatMap(CheckGuess::extra)
                    .<Map<Long, Integer>>map(CheckGuess.Extra::bytes)
                    .orElse(Map.of());
            for (Map.Entry<Long, Integer> each : more.entrySet()) {
                Integer other = extra.putIfAbsent(each.getKey(), each.getValue());
                if (other != null && !other.equals(each.getValue())) {
                    return Optional.empty();
                }
            }
            DescriptionText one = new DescriptionText(shape);
            one.frame();
            if (shape.header().type().isEmpty()) {
                one.line("  type: " + number(entry.getKey()));
            }
            items.append("    - ").append(one.yaml.toString().indent(4).strip()).append('\n');
            one.byType(entry.getKey()).forEach((number, cut) -> types.merge(number, cut.frames(), Integer::sum));
        }
        if (!extra.isEmpty()) {
            text.append("  crcExtra: ").append(CheckGuess.Extra.yaml(extra)).append('\n');
        }
        text.append("  shapes:\n").append(items).append("types:\n");
        types.forEach((number, frames) -> text.append("  type-" + number(number) + ": " + number(number) + " # "
                + frames + (frames == 1 ? " frame" : " frames") + "\n"));
        text.append("messages:\n");
        types.forEach((number, frames) -> text.append("  type-" + number(number) + ": [{bytes: content}]\n"));
        return Optional.of(text.append("session: none\n").toString());
    }

    private String text(List<String> remarks) {
        remarks.forEach(remark -> line("# " + remark));
        line("name: inferred");
        line("frame:");
        frame();
        framed.check()
                .flatMap(CheckGuess::extra)
                .ifPresent(extra -> line("  crcExtra: " + CheckGuess.Extra.yaml(extra.bytes())));
        types();
        line("session: none");
        return yaml.toString();
    }

    private void frame() {
        sync();
        header();
        framed.length().ifPresent(this::length);
        framed.growing().ifPresent(growing -> line("  length: " + growing.yaml(longestPayload())));
        line("  payload: {at: "
                + (framed.growing().isPresent() ? "length-end" : framed.header().payloadAt())
                + (framed.length().isPresent() || framed.growing().isPresent()
                        ? "}"
                        : framed.isDelimited()
                                ? ", max: " + longestPayload() + "}"
                                : ", size: " + framed.fixedPayloadBytes() + "}"));
        framed.growing()
                .filter(GrowingGuess::mayMask)
                .ifPresent(growing -> line("  mask: {when: masked, size: " + GrowingGuess.KEY_BYTES + "}"));
        framed.headerCheck().ifPresent(check -> line("  headerCheck: " + check.yaml()));
        framed.check().ifPresent(check -> line("  check: " + check.yaml()));
        trailer();
        framed.escape().ifPresent(escape -> line("  escape: " + escape));
        if (framed.sharesFlags()) {
            line("  flags: shared");
        }
    }

    private void line(String line) {
        yaml.append(line).append('\n');
    }

    private void sync() {
        int size = framed.isDelimited() ? 0 : framed.header().syncBytes();
        if (size > 0) {
            StringBuilder hex = new StringBuilder();
            for (int i = 0; i < size; i++) {
                hex.append(i == 0 ? "" : " ").append(hex(cut.at(0, i)));
            }
            int masked = maskBesideLength(size);
            if (masked == 0) {
                line("  sync: {bytes: \"" + hex + "\"}");
            } else {
                line("  sync: {bytes: \"" + hex + " " + hex(cut.at(0, size) & masked) + "\", mask: \""
                        + "FF ".repeat(size) + hex(masked) + "\"}");
            }
        }
    }

    /** The bits that are always the same of the byte that a length behind the sync shares; 0 where it has a byte of its own. */
    private int maskBesideLength(int syncBytes) {
        LengthGuess length = framed.length().orElse(null);
        if (length == null || length.at() != syncBytes || !length.isBehindSyncByte(cut)) {
            return 0;
        }
        int constant = ~Column.of(cut, syncBytes).varying() & ~length.bitsInFirstByte() & 0xff;
        Header.Field type = framed.header().type().orElse(null);
        return type != null && type.at() == syncBytes && type.size() == 1
                ? constant & ~((int) ((1L << type.bits()) - 1) << type.shift())
                : constant;
    }

    private static String hex(int value) {
        return String.format(Locale.ROOT, "%02X", value);
    }

    private void header() {
        List<String> fields = new ArrayList<>();
        Header header = framed.header();
        header.type().ifPresent(field -> fields.add(field("type", field, "")));
        header.sequence().ifPresent(field -> fields.add(field("sequence", field, "")));
        framed.growing()
                .filter(GrowingGuess::mayMask)
                .ifPresent(growing ->
                        fields.add(field("masked", new Header.Field(growing.at(), 1, Endian.BIG, 7, 1), "")));
        for (Header.Field constant : constants()) {
            fields.add(field("constant-" + constant.at(), constant, ", value: 0x" + hex(cut.at(0, constant.at()))));
        }
        if (!fields.isEmpty()) {
            line("  header:");
            fields.forEach(field -> line("    - " + field));
        }
    }

    /** Between escapes there is no sync, and what is always there is a constant. */
    private List<Header.Field> constants() {
        List<Header.Field> constants = new ArrayList<>();
        for (int at = 0; framed.isDelimited() && at < framed.header().syncBytes(); at++) {
            constants.add(Header.Field.bytes(at, 1, Endian.BIG));
        }
        constants.addAll(framed.header().constants());
        return constants;
    }

    private static String field(String name, Header.Field field, String more) {
        boolean isWhole = field.shift() == 0 && field.bits() == 8 * field.size();
        return "{name: " + name + ", at: " + field.at() + ", size: " + field.size()
                + order(field.size(), field.endian())
                + (isWhole ? "" : ", shift: " + field.shift() + ", bits: " + field.bits()) + more + "}";
    }

    private static String order(int size, Endian endian) {
        return size > 1 && endian == Endian.LITTLE ? ", endian: little" : "";
    }

    private void length(LengthGuess length) {
        int around = framed.header().payloadAt() + framed.tailBytes();
        String counts = "payload";
        int adjust = around - length.bias();
        if (adjust != 0 && length.bias() == 0) {
            counts = "all";
            adjust = 0;
        } else if (adjust != 0 && length.bias() == length.end()) {
            counts = "after-length";
            adjust = 0;
        }
        long mostSaid = length.mask() - around + length.bias();
        line("  length: {at: " + length.at() + ", size: " + length.size() + order(length.size(), length.endian())
                + (length.shift() == 0 ? "" : ", shift: " + length.shift())
                + (length.isWhole() ? "" : ", bits: " + length.bits())
                + (length.repeatedAt().isPresent()
                        ? ", repeatedAt: " + length.repeatedAt().getAsInt()
                        : "")
                + ", counts: " + counts + (adjust == 0 ? "" : ", adjust: " + adjust)
                + ", max: " + Math.min(mostSaid, longestPayload()) + "}");
    }

    /** Twice what was seen, for a recording need not have the longest; small enough to find a wrong length by. */
    private int longestPayload() {
        int seen = cut.longest() - framed.header().payloadAt() - framed.tailBytes();
        return Math.max(LEAST_MAX_BYTES, 2 * Integer.highestOneBit(Math.max(1, seen)));
    }

    private void trailer() {
        int size = framed.trailerBytes();
        StringBuilder hex = new StringBuilder();
        for (int i = size - 1; i >= 0; i--) {
            hex.append(hex(cut.at(0, cut.lengths[0] - 1 - i))).append(i == 0 ? "" : " ");
        }
        framed.end().ifPresent(end -> hex.append(hex.isEmpty() ? "" : " ").append(hex(end)));
        if (!hex.isEmpty()) {
            line((framed.end().isPresent() ? "  end: \"" : "  trailer: \"") + hex + "\"");
        }
    }

    private void types() {
        Optional<Header.Field> field = framed.header().type();
        Map<Long, Cut> byType = byType(0);
        line("types:");
        byType.forEach((value, frames) -> line("  " + name(field, value) + ": " + number(value) + " # "
                + frames.frames() + (frames.frames() == 1 ? " frame" : " frames")));
        line("messages:");
        Optional<Long> packets = byType.entrySet().stream()
                .filter(entry -> packetLayout(entry.getValue()).isPresent())
                .max(Comparator.comparingInt(entry -> entry.getValue().frames()))
                .map(Map.Entry::getKey);
        byType.forEach((value, frames) -> line("  " + name(field, value) + ": "
                + (packets.equals(Optional.of(value))
                        ? "{means: packet, layout: [" + packetLayout(frames).orElseThrow() + "{bytes: content}]}"
                        : "[{bytes: content}]")));
    }

    /** The frames of each type; of this one where they have one only. */
    private Map<Long, Cut> byType(long only) {
        Map<Long, Cut> byType = new TreeMap<>();
        Optional<Header.Field> field = framed.header().type();
        if (field.isEmpty()) {
            byType.put(only, cut);
        } else {
            Header.Field type = field.get();
            LongStream.range(0, cut.frames())
                    .map(i -> type.read(cut, (int) i))
                    .distinct()
                    .forEach(value -> byType.put(value, cut.where(i -> type.read(cut, i) == value)));
        }
        return byType;
    }

    private static String name(Optional<Header.Field> field, long value) {
        return field.isEmpty() ? "message" : "type-" + number(value);
    }

    private static String number(long value) {
        return "0x" + hex((int) value);
    }

    /** What lies in front of the packets, if these frames hold some. */
    private Optional<String> packetLayout(Cut frames) {
        if (frames.frames() < LEAST_PACKETS) {
            return Optional.empty();
        }
        int payloadAt = framed.header().payloadAt();
        OptionalInt packets = InnerPackets.offset(frames, payloadAt, framed.tailBytes(), PART_OF_PACKETS);
        if (packets.isEmpty()) {
            return Optional.empty();
        }
        StringBuilder constant = new StringBuilder();
        for (int at = payloadAt; at < packets.getAsInt(); at++) {
            if (!Column.of(frames, at).isConstant()) {
                return Optional.empty(); // a message that needs a layout by hand
            }
            constant.append(at == payloadAt ? "" : " ").append(hex(frames.at(0, at)));
        }
        return Optional.of(constant.isEmpty() ? "" : "{constant: \"" + constant + "\"}, ");
    }
}
