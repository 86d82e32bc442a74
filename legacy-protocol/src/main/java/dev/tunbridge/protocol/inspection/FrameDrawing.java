package dev.tunbridge.protocol.inspection;

import dev.tunbridge.protocol.frame.BitField;
import dev.tunbridge.protocol.frame.BytePattern;
import dev.tunbridge.protocol.frame.Check;
import dev.tunbridge.protocol.frame.ChecksumAlgorithm;
import dev.tunbridge.protocol.frame.Endian;
import dev.tunbridge.protocol.frame.Escape;
import dev.tunbridge.protocol.frame.FrameEncoder;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.frame.HeaderField;
import dev.tunbridge.protocol.frame.LengthField;
import dev.tunbridge.protocol.frame.PayloadType;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;

/**
 * The layout of a frame as a table, an example in hexadecimal, and the bits of the header that belong to nothing.
 *
 * <pre>
 *   +-------------+----------+--------------------------------+
 *   | bytes       | part     | meaning                        |
 *   +-------------+----------+--------------------------------+
 *   | 0 to 1      | sync     | A5 5A                          |
 *   | 2           | type     | number, big-endian             |
 * </pre>
 */
public final class FrameDrawing {
    private static final byte[] EXAMPLE_PAYLOAD = {'e', 'x', 'a', 'm', 'p', 'l', 'e', '!'};

    /** Of the shape that is drawn. */
    private final FrameFormat format;
    /** The same where there is one shape only. */
    private final FrameFormat whole;

    private final List<Part> parts = new ArrayList<>();
    private final BitSet taken = new BitSet();

    /** @param order of the byte at which it begins; what lies behind the payload comes after all of the header */
    private record Part(int order, String bytes, String name, String meaning) {}

    private FrameDrawing(FrameFormat format, FrameFormat whole) {
        this.format = format;
        this.whole = whole;
    }

    /** The drawing, a line each. */
    public static List<String> of(FrameFormat format) {
        if (format.shapes().isEmpty()) {
            return new FrameDrawing(format, format).lines();
        }
        List<String> lines = new ArrayList<>();
        for (FrameFormat shape : format.shapes()) {
            lines.add(String.format(
                    Locale.ROOT, "frames that begin with %02X:", shape.sync().byteAt(0)));
            lines.addAll(new FrameDrawing(shape, format).lines());
        }
        return List.copyOf(lines);
    }

    private List<String> lines() {
        if (format.sync().sizeBytes() > 0) {
            parts.add(new Part(0, span(0, format.sync().sizeBytes()), "sync", pattern(format.sync())));
            take(format.sync());
        }
        for (HeaderField field : format.fields()) {
            add(field.bits(), field.name(), meaning(field));
        }
        format.length().ifPresent(this::addLength);
        format.headerCheck().ifPresent(check -> addCheck("header check", check));
        format.check().ifPresent(check -> addCheck("check", check));
        int payloadAt = format.payloadAt();
        parts.add(new Part(
                payloadAt,
                format.length().map(LengthField::isGrowing).orElse(false) ? "behind it" : payloadAt + " on",
                "payload",
                (format.minPayloadBytes() == format.maxPayloadBytes() ? "" : format.minPayloadBytes() + " to ")
                        + format.maxPayloadBytes() + " bytes"));
        format.typing().inPayload().ifPresent(type -> parts.add(ofPayload(type)));
        if (format.trailer().sizeBytes() > 0) {
            parts.add(new Part(Integer.MAX_VALUE, "at the end", "trailer", pattern(format.trailer())));
        }
        format.signature()
                .ifPresent(signature -> parts.add(new Part(
                        Integer.MAX_VALUE,
                        signature.sizeBytes() + " at the end",
                        "signature",
                        "where " + signature.when() + " is 1")));
        parts.sort(Comparator.comparingInt(Part::order));
        List<String> lines = table();
        if (exampleType().isPresent()) {
            int type = exampleType().getAsInt();
            lines.add("a frame" + exampleOf(type) + ": " + example(type));
        }
        lines.add("bytes of the header that belong to no field: " + free());
        return List.copyOf(lines);
    }

    private Part ofPayload(PayloadType type) {
        BitField bits = type.bits();
        String place = span(bits.at(), bits.size()) + " of the payload" + bitsOf(bits);
        String meaning = "number" + order(bits.endian(), bits.size())
                + (type.isKept() ? "; messages are laid out with it" : "; messages are laid out behind it");
        return new Part(format.payloadAt() + 1, place, "type", meaning);
    }

    private void addLength(LengthField length) {
        BitField bits = length.bits();
        if (!length.isGrowing()) {
            add(bits, "length", meaning(length));
            length.repeatedAt()
                    .ifPresent(at -> add(
                            new BitField(at, bits.size(), bits.endian(), bits.shift(), bits.bits()),
                            "length",
                            "once more"));
        } else if (length.encoding() == LengthField.Encoding.STAGED) {
            add(bits, "length", meaning(length));
        } else {
            parts.add(new Part(bits.at(), bits.at() + " on", "length", meaning(length)));
            taken.set(Byte.SIZE * bits.at(), Byte.SIZE * format.payloadAt());
        }
    }

    private void add(BitField bits, String name, String meaning) {
        parts.add(new Part(bits.at(), span(bits.at(), bits.size()) + bitsOf(bits), name, meaning));
        for (int bit = 0; bit < bits.bits(); bit++) {
            taken.set(bits.frameBit(bit));
        }
    }

    private static String bitsOf(BitField bits) {
        return bits.bits() == Byte.SIZE * bits.size()
                ? ""
                : ", bits " + bits.shift() + " to " + (bits.shift() + bits.bits() - 1);
    }

    private void addCheck(String name, Check check) {
        int size = check.algorithm().sizeBytes();
        boolean isBehind = check.at().atPayloadEnd();
        String meaning = name(check.algorithm()) + " over " + place(check.from()) + " to before " + place(check.to())
                + (check.extra().isEmpty() ? "" : ", then one byte by type")
                + order(check.endian(), size);
        parts.add(new Part(
                isBehind ? Integer.MAX_VALUE - 1 : check.at().bytes(),
                isBehind ? size + " behind payload" : span(check.at().bytes(), size),
                name,
                meaning));
        if (!isBehind) {
            taken.set(Byte.SIZE * check.at().bytes(), Byte.SIZE * (check.at().bytes() + size));
        }
    }

    private static String name(ChecksumAlgorithm algorithm) {
        if (algorithm instanceof ChecksumAlgorithm.Crc crc) {
            String reflected = crc.refin() == crc.refout()
                    ? crc.refin() ? ", reflected" : ""
                    : crc.refin() ? ", refin" : ", refout";
            return String.format(
                    Locale.ROOT,
                    "CRC-%d 0x%X%s, init 0x%X, xorout 0x%X",
                    crc.width(),
                    crc.poly(),
                    reflected,
                    crc.init(),
                    crc.xorout());
        } else if (algorithm instanceof ChecksumAlgorithm.Sum sum) {
            String complement = switch (sum.complement()) {
                case NONE -> "";
                case ONES -> ", ones' complement";
                case TWOS -> ", two's complement";
            };
            return "sum" + complement;
        } else if (algorithm instanceof ChecksumAlgorithm.Xor) {
            return "XOR";
        } else if (algorithm instanceof ChecksumAlgorithm.Fletcher fletcher) {
            return fletcher.modulus() == 65_521 ? "Adler-32" : "Fletcher modulo " + fletcher.modulus();
        }
        throw new IllegalStateException(algorithm + " has no name");
    }

    private void take(BytePattern pattern) {
        for (int at = 0; at < pattern.sizeBytes(); at++) {
            for (int bit = 0; bit < Byte.SIZE; bit++) {
                if ((pattern.maskAt(at) >>> bit & 1) == 1) {
                    taken.set(Byte.SIZE * at + bit);
                }
            }
        }
    }

    private static String place(Check.Position position) {
        if (!position.atPayloadEnd()) {
            return "byte " + position.bytes();
        }
        return position.bytes() == 0 ? "the payload's end" : position.bytes() + " behind the payload's end";
    }

    private static String meaning(HeaderField field) {
        String value = field.value().isPresent() ? "always " + field.value().getAsLong() : "number";
        return value + order(field.bits().endian(), field.bits().size());
    }

    private String meaning(LengthField length) {
        String counts = switch (length.counts()) {
            case PAYLOAD -> "the payload";
            case ALL -> "the whole frame";
            case AFTER_LENGTH -> "what follows it";
        };
        String encoding = switch (length.encoding()) {
            case BINARY -> "";
            case BCD -> ", in BCD";
            case ASCII_HEX -> ", in hexadecimal digits" + until(length);
            case ASCII_DECIMAL -> ", in decimal digits" + until(length);
            case VARINT ->
                ", seven bits a byte in up to " + length.bits().size() + " bytes, the "
                        + (length.bits().endian() == Endian.LITTLE ? "least" : "greatest") + " first";
            case STAGED ->
                ", in these bits, or in 16 or 64 bits behind them where they are all ones but the last, or all ones";
        };
        boolean hasOrder = !length.isGrowing() && length.bits().size() > 1;
        return "of " + counts + (length.adjust() == 0 ? "" : ", and " + length.adjust()) + encoding
                + (hasOrder ? order(length.bits().endian(), length.bits().size()) : "") + "; "
                + (format.lengthBias() + format.minPayloadBytes()) + " to "
                + (format.lengthBias() + format.maxPayloadBytes());
    }

    private static String until(LengthField length) {
        return length.until().sizeBytes() == 0 ? "" : " up to " + pattern(length.until());
    }

    private static String order(Endian endian, int bytes) {
        return bytes == 1 ? "" : endian == Endian.BIG ? ", big-endian" : ", little-endian";
    }

    private static String span(int at, int bytes) {
        return bytes == 1 ? String.valueOf(at) : at + " to " + (at + bytes - 1);
    }

    private static String pattern(BytePattern pattern) {
        StringBuilder text = new StringBuilder();
        StringBuilder mask = new StringBuilder();
        boolean isWhole = true;
        for (int at = 0; at < pattern.sizeBytes(); at++) {
            text.append(at == 0 ? "" : " ").append(String.format(Locale.ROOT, "%02X", pattern.byteAt(at)));
            mask.append(at == 0 ? "" : " ").append(String.format(Locale.ROOT, "%02X", pattern.maskAt(at)));
            isWhole &= pattern.maskAt(at) == 0xff;
        }
        return isWhole ? text.toString() : text + " under the mask " + mask;
    }

    private List<String> table() {
        int bytes = width(parts.stream().map(Part::bytes).toList(), "bytes");
        int names = width(parts.stream().map(Part::name).toList(), "part");
        int meanings = width(parts.stream().map(Part::meaning).toList(), "meaning");
        String rule = "+" + "-".repeat(bytes + 2) + "+" + "-".repeat(names + 2) + "+" + "-".repeat(meanings + 2) + "+";
        String row = "| %-" + bytes + "s | %-" + names + "s | %-" + meanings + "s |";
        List<String> lines = new ArrayList<>();
        lines.add(rule);
        lines.add(String.format(row, "bytes", "part", "meaning"));
        lines.add(rule);
        parts.forEach(part -> lines.add(String.format(row, part.bytes(), part.name(), part.meaning())));
        lines.add(rule);
        return lines;
    }

    private static int width(List<String> column, String head) {
        return Math.max(
                head.length(), column.stream().mapToInt(String::length).max().orElse(0));
    }

    private String exampleOf(int type) {
        return " of type " + Integer.toUnsignedString(type) + " with "
                + examplePayload(type).readableBytes() + " bytes of payload"
                + (format.escape() == Escape.NONE ? "" : ", escaped");
    }

    /** None where frames of other shapes alone are written. */
    private OptionalInt exampleType() {
        if (whole.shapes().isEmpty()) {
            return OptionalInt.of(format.types().values().stream()
                    .min(Comparator.naturalOrder())
                    .orElse(0));
        }
        return whole.types().values().stream()
                .filter(type -> whole.shapeOf(type).filter(format::equals).isPresent())
                .mapToInt(Integer::intValue)
                .min();
    }

    private ByteBuf examplePayload(int type) {
        ByteBuf payload = Unpooled.buffer();
        int stripped =
                format.typing().inPayload().map(PayloadType::strippedBytes).orElse(0);
        int bytes = Math.min(
                format.maxPayloadBytes() - stripped,
                Math.max(format.minPayloadBytes() - stripped, EXAMPLE_PAYLOAD.length));
        for (int i = 0; i < bytes; i++) {
            payload.writeByte(EXAMPLE_PAYLOAD[i % EXAMPLE_PAYLOAD.length]);
        }
        format.typing().inPayload().filter(PayloadType::isKept).ifPresent(kept -> {
            payload.writeZero(Math.max(0, kept.end() - bytes));
            kept.write(payload, 0, type);
        });
        return payload;
    }

    private String example(int type) {
        ByteBuf out = Unpooled.buffer();
        try (FrameEncoder encoder = new FrameEncoder(whole)) {
            encoder.encode(out, type, examplePayload(type));
        }
        return ByteBufUtil.hexDump(out).toUpperCase(Locale.ROOT).replaceAll("(..)(?=.)", "$1 ");
    }

    private String free() {
        List<String> free = new ArrayList<>();
        for (int at = 0; at < format.payloadAt(); at++) {
            int bits =
                    Byte.SIZE - taken.get(Byte.SIZE * at, Byte.SIZE * (at + 1)).cardinality();
            if (bits > 0) {
                free.add(bits == Byte.SIZE ? String.valueOf(at) : at + " (" + bits + " bits of it)");
            }
        }
        return free.isEmpty() ? "none" : String.join(", ", free) + "; written as zeros and not looked at";
    }
}
