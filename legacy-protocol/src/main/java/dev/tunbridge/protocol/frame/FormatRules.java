package dev.tunbridge.protocol.frame;

import dev.tunbridge.protocol.description.DescriptionException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** The rules that a format must keep to work at all. Each refusal names the key and what is allowed. */
final class FormatRules {
    private static final int FIXED = -1;

    private final String source;
    private final int payloadAt;
    private final Escape escape;
    /** The byte that ends a frame, or −1. */
    private final int end;
    /** Where a length that grows stands. */
    private int lengthAt = FIXED;
    /** Which key has each bit of the head. */
    private final Map<Integer, String> taken = new HashMap<>();

    private FormatRules(String source, int payloadAt, Escape escape, int end) {
        this.source = source;
        this.payloadAt = payloadAt;
        this.escape = escape;
        this.end = end;
    }

    static void verify(FrameFormat format) {
        FormatRules rules = new FormatRules(
                "format " + format.name(),
                format.payloadAt(),
                format.escape(),
                format.end().orElse(-1));
        if (format.hasShapes()) {
            ShapeRules.verify(format);
            return;
        }
        rules.verifySizes(
                format.hasFixedSize() ? 0 : 1,
                format.maxPayloadBytes(),
                format.length().isPresent()
                        ? "frame.length.max"
                        : format.hasFixedSize() ? "frame.payload.size" : "frame.payload.max");
        if (format.maxContentBytes() == 0) {
            throw rules.refuse("frame.payload.size", "is 0; allowed 1 or more, for a frame of no bytes is none");
        }
        rules.verifyMarks(format.sync(), format.trailer());
        rules.verifyFields(format.fields());
        if (format.length().isPresent()) {
            rules.verifyLength(format.length().get(), format.maxPayloadBytes(), format.tailBytes());
        }
        format.headerCheck().ifPresent(check -> rules.verifyCheck("frame.headerCheck", check, true));
        format.check().ifPresent(check -> {
            rules.verifyCheck("frame.check", check, false);
            format.headerCheck().ifPresent(header -> rules.verifyOrder(header, check));
            rules.verifyExtra(check, format);
        });
        format.mask().ifPresent(mask -> rules.verifyMask(mask, format));
        if (format.hasBlockChecks()) {
            rules.verifyBlocks(format.check().orElseThrow(), format);
        }
        format.signature().ifPresent(signature -> rules.verifySignature(signature, format));
        if (format.flags() == Flags.SHARED && format.growthBytes() > 0) {
            throw rules.refuse(
                    "frame.flags",
                    "is \"shared\"; allowed: own, for "
                            + (format.hasBlockChecks() ? "each block is checked" : "the length grows"));
        }
        boolean hasFlags = format.escape() == Escape.HDLC || format.escape() == Escape.SLIP || format.mayShareFlag();
        if (format.flags() == Flags.SHARED && !hasFlags) {
            throw rules.refuse(
                    "frame.flags",
                    "is \"shared\"; allowed: own, for no one byte both opens and closes a frame (escape hdlc or slip, or a trailer"
                            + " of the byte with which a sync of at least two begins)");
        }
        format.typing().inPayload().ifPresent(type -> {
            rules.verifyBits("frame.payload.type", type.bits());
            TypeRules.verify(format, type);
        });
        rules.verifyTypes(format);
        if (format.resync().maxScanBytes() < 0) {
            throw rules.refuse("resync.maxScan", "is " + format.resync().maxScanBytes() + "; allowed 0 or more");
        }
        if (format.keepAliveEveryNanos() <= 0 || format.deadAfterNanos() <= format.keepAliveEveryNanos()) {
            throw rules.refuse("keepalive.deadAfter", "must be longer than keepalive.every, and both more than 0");
        }
    }

    static long lengthBias(LengthField length, int payloadAt, int tailBytes) {
        int counted = switch (length.counts()) {
            case PAYLOAD -> 0;
            case ALL -> payloadAt + tailBytes;
            case AFTER_LENGTH -> payloadAt - length.leastEnd() + tailBytes;
        };
        return (long) counted + length.adjust();
    }

    private void verifySizes(int leastBytes, int maxPayloadBytes, String maxKey) {
        if (payloadAt < 0 || payloadAt > 256) {
            throw refuse("frame.payload.at", "is " + payloadAt + "; allowed 0 to 256");
        }
        if (maxPayloadBytes < leastBytes || maxPayloadBytes > FrameFormat.LARGEST_PAYLOAD_BYTES) {
            throw refuse(
                    maxKey,
                    "is " + maxPayloadBytes + "; allowed " + leastBytes + " to " + FrameFormat.LARGEST_PAYLOAD_BYTES);
        }
    }

    private void verifyMarks(BytePattern sync, BytePattern trailer) {
        if (escape == Escape.END && sync.sizeBytes() > 0) {
            throw refuse(
                    "frame.sync",
                    "does not go with an end, behind which the next frame begins; allowed: none, or header fields with a value");
        }
        if (escape != Escape.NONE && sync.sizeBytes() > 0) {
            throw refuse("frame.sync", "does not go with an escape, whose own marks open a frame; allowed: none");
        }
        if (escape != Escape.NONE && escape != Escape.END && trailer.sizeBytes() > 0) {
            throw refuse("frame.trailer", "does not go with an escape, whose own marks close a frame; allowed \"\"");
        }
        if (sync.sizeBytes() > 0 && sync.significantBits() == 0) {
            throw refuse("frame.sync.mask", "leaves no bit to look for; allowed: at least one bit set");
        }
        if (sync.sizeBytes() > payloadAt) {
            throw refuse("frame.sync", "has " + sync.sizeBytes() + " bytes; allowed up to the payload at " + payloadAt);
        }
        // What the mask leaves out is free for fields, such as a length of 10 bits that begins in the second byte.
        for (int bit = 0; bit < 8 * sync.sizeBytes(); bit++) {
            if ((sync.maskAt(bit / 8) >>> bit % 8 & 1) != 0) {
                taken.put(bit, "frame.sync");
            }
        }
    }

    private void verifyFields(List<HeaderField> fields) {
        Set<String> names = new HashSet<>();
        for (HeaderField field : fields) {
            String key = "frame.header." + field.name();
            if (!names.add(field.name())) {
                throw refuse(key, "is named twice; allowed: once");
            }
            verifyBits(key, field.bits());
            take(key, field.bits());
            boolean hasRole =
                    field.name().equals(HeaderField.TYPE) || field.name().equals(HeaderField.SEQUENCE);
            if (escape == Escape.END && field.name().equals(HeaderField.SEQUENCE)) {
                throw refuse(
                        key, "counts through all numbers, and some hold the byte of frame.end; allowed: no sequence");
            }
            if (field.value().isPresent() && hasRole) {
                throw refuse(key + ".value", "does not go with the role of this field; allowed for other fields only");
            }
            if (escape == Escape.END && holdsEnd(field)) {
                throw refuse(
                        key + ".value",
                        "is " + field.value().getAsLong()
                                + ", which has the byte of frame.end in it; allowed: a value without it");
            }
            if (field.value().isPresent() && !field.bits().holds(field.value().getAsLong())) {
                throw refuse(
                        key + ".value",
                        "is " + field.value().getAsLong() + ", which does not fit "
                                + field.bits().bits() + " bits; allowed up to "
                                + Long.toUnsignedString(field.bits().mask()));
            }
        }
    }

    /** Of a constant of whole bytes; no frame could be written. */
    private boolean holdsEnd(HeaderField field) {
        BitField bits = field.bits();
        if (field.value().isEmpty() || bits.shift() > 0 || bits.bits() != 8 * bits.size()) {
            return false;
        }
        for (int i = 0; i < bits.size(); i++) {
            if ((field.value().getAsLong() >>> (8 * i) & 0xff) == end) {
                return true;
            }
        }
        return false;
    }

    private void verifyBits(String key, BitField field) {
        if (field.size() < 1 || field.size() > 8) {
            throw refuse(key + ".size", "is " + field.size() + "; allowed 1 to 8");
        }
        if (field.at() < 0) {
            throw refuse(key + ".at", "is " + field.at() + "; allowed 0 or more");
        }
        if (field.shift() < 0 || field.bits() < 1 || field.shift() + field.bits() > 8 * field.size()) {
            throw refuse(
                    key + ".bits",
                    field.bits() + " bits shifted by " + field.shift() + " do not fit " + field.size()
                            + " bytes; allowed: shift + bits up to " + 8 * field.size());
        }
    }

    private void verifyLength(LengthField length, int maxPayloadBytes, int tailBytes) {
        String key = "frame.length";
        verifyBits(key, length.bits());
        if (!length.isGrowing()) {
            take(key, length.bits());
        }
        if (length.bits().size() > 7) {
            throw refuse(key + ".size", "is " + length.bits().size() + "; allowed 1 to 7");
        }
        boolean wholeBytes = length.bits().bits() == 8 * length.bits().size();
        boolean isStaged = length.encoding() == LengthField.Encoding.STAGED;
        if (length.encoding() != LengthField.Encoding.BINARY && !isStaged && !wholeBytes) {
            throw refuse(key + ".bits", "goes with encoding binary only, and with staged; allowed: whole bytes");
        }
        if (isStaged && (length.bits().size() != 1 || length.bits().bits() < 2)) {
            String wrong = length.bits().size() != 1 ? ".size" : ".bits";
            throw refuse(
                    key + wrong,
                    "is "
                            + (length.bits().size() != 1
                                    ? length.bits().size()
                                    : length.bits().bits())
                            + (length.bits().size() != 1 ? "; allowed 1" : "; allowed 2 to 8")
                            + ", for staged lengths begin in one byte");
        }
        if (length.isGrowing()) {
            verifyGrowing(length, GrowingLength.of(length));
        }
        length.repetition().ifPresent(again -> {
            verifyBits(key + ".repeatedAt", again.bits());
            take(key + ".repeatedAt", again.bits());
        });
        if (escape != Escape.NONE && length.counts() == LengthField.Counts.ALL) {
            throw refuse(
                    key + ".counts",
                    "all counts escaped bytes, which an encoder does not know before it writes them; allowed payload,"
                            + " after-length (both before escaping)");
        }
        long bias = lengthBias(length, payloadAt, tailBytes);
        if (bias < -maxPayloadBytes) {
            throw refuse(
                    key + ".adjust",
                    "makes the shortest payload " + -bias + " bytes, longer than " + key + ".max; allowed: "
                            + (length.adjust() - bias - maxPayloadBytes) + " or more");
        }
        long largest = length.maxValue() - bias;
        if (maxPayloadBytes > largest) {
            throw refuse(
                    key + ".max",
                    "is " + maxPayloadBytes + ", but the field holds a payload of at most " + largest + " bytes");
        }
    }

    /** Such a length is the last of the header, so that nothing but the payload has to follow it about. */
    private void verifyGrowing(LengthField length, GrowingLength growing) {
        String key = "frame.length";
        if (escape != Escape.NONE) {
            throw refuse(
                    key + (length.until().sizeBytes() > 0 ? ".until" : ".encoding"),
                    "makes a length that grows, which does not go with an escape; allowed: a length of a fixed size");
        }
        if (length.counts() == LengthField.Counts.ALL) {
            throw refuse(
                    key + ".counts",
                    "is all, and so counts the bytes of the length, which depend on it; allowed payload, after-length");
        }
        if (length.repeatedAt().isPresent()) {
            throw refuse(key + ".repeatedAt", "does not go with a length that grows; allowed: no such key");
        }
        if (length.until().sizeBytes() > 0) {
            verifyUntil(length);
        }
        if (payloadAt != length.leastEnd()) {
            throw refuse("frame.payload.at", "is " + payloadAt + "; allowed length-end, for the length grows");
        }
        take(
                key,
                length.encoding() == LengthField.Encoding.STAGED
                        ? length.bits()
                        : BitField.wholeBytes(length.bits().at(), growing.leastBytes(), Endian.BIG));
        lengthAt = length.bits().at();
    }

    private void verifyUntil(LengthField length) {
        boolean isText = length.encoding().isText();
        int radix = length.encoding() == LengthField.Encoding.ASCII_HEX ? 16 : 10;
        if (!isText || LengthField.digit(length.until().byteAt(0), radix) >= 0) {
            throw refuse(
                    "frame.length.until",
                    isText
                            ? "begins with a digit; allowed: bytes that end the digits"
                            : "closes digits; allowed with encoding ascii-hex and ascii-decimal only");
        }
    }

    /** What lies behind a length that grows has no fixed place. */
    private void verifyFixed(String key, Check.Position position) {
        if (lengthAt != FIXED && !position.atPayloadEnd() && position.bytes() > lengthAt) {
            throw refuse(
                    key,
                    "is " + position.bytes() + "; allowed 0 to " + lengthAt
                            + ", payload-end, for the length behind that grows");
        }
    }

    private void verifyCheck(String key, Check check, boolean isOfHeader) {
        if (check.algorithm() instanceof ChecksumAlgorithm.Crc crc) {
            verifyCrc(key, crc);
        } else if (check.algorithm() instanceof ChecksumAlgorithm.Sum sum) {
            if (sum.sizeBytes() < 1 || sum.sizeBytes() > 4) {
                throw refuse(key + ".size", "is " + sum.sizeBytes() + "; allowed 1 to 4");
            }
        }
        if (check.algorithm() instanceof ChecksumAlgorithm.Xor xor && (xor.init() & ~0xff) != 0) {
            throw refuse(key + ".init", "is " + hex(xor.init()) + "; allowed: no more than 8 bits");
        }
        if (check.algorithm() instanceof ChecksumAlgorithm.Fletcher fletcher
                && fletcher.sizeBytes() == 2
                && fletcher.modulus() != 255
                && fletcher.modulus() != 256) {
            throw refuse(key + ".modulus", "is " + fletcher.modulus() + "; allowed 255, 256");
        }
        verifyPosition(key + ".from", check.from());
        verifyPosition(key + ".to", check.to());
        verifyPosition(key + ".at", check.at());
        verifyFixed(key + ".from", check.from());
        verifyFixed(key + ".to", check.to());
        verifyFixed(key + ".at", check.at());
        if (isOfHeader && (check.to().atPayloadEnd() || check.at().atPayloadEnd())) {
            String end = check.to().atPayloadEnd() ? ".to" : ".at";
            throw refuse(key + end, "is payload-end; allowed 0 to " + payloadAt + ", for the header is checked alone");
        }
        int emptyPayloadEnd = payloadAt;
        int from = check.from().index(0, emptyPayloadEnd);
        int to = check.to().index(0, emptyPayloadEnd);
        if (to < from || check.from().atPayloadEnd()) {
            throw refuse(key + ".to", "lies before " + key + ".from; allowed: behind it");
        }
        if (!check.to().atPayloadEnd() && to == from) {
            throw refuse(key + ".to", "is " + key + ".from, so that nothing is checked; allowed: behind it");
        }
        if (check.separator().sizeBytes() > 0 && !check.at().atPayloadEnd()) {
            throw refuse(
                    key + ".separator", "stands in front of a check behind the payload; allowed with at: payload-end");
        }
        if (!check.at().atPayloadEnd()) {
            int at = check.at().bytes();
            int end = at + check.sizeBytes();
            if (end > from && at < to) {
                throw refuse(
                        key + ".at",
                        "lies in what is checked, but a check cannot cover itself; allowed: outside of " + key
                                + ".from to .to");
            }
            take(key, BitField.wholeBytes(at, end - at, Endian.BIG));
        }
    }

    private void verifyMask(Mask mask, FrameFormat format) {
        String key = "frame.mask";
        if (lengthAt == FIXED) {
            throw refuse(key, "stands behind a length that grows; allowed with payload.at: length-end");
        }
        if (format.length().map(LengthField::counts).orElseThrow() != LengthField.Counts.PAYLOAD) {
            throw refuse("frame.length.counts", "would count the key of frame.mask; allowed payload");
        }
        if (format.check().isPresent()) {
            throw refuse("frame.check", "does not go with frame.mask; allowed: frame.headerCheck, or none");
        }
        int size = mask.keyBytes();
        if (size != 1 && size != 2 && size != 4 && size != 8) {
            throw refuse(key + ".size", "is " + size + "; allowed 1, 2, 4, 8");
        }
        verifyFlag(key + ".when", mask.when(), format);
    }

    private void verifyBlocks(Check check, FrameFormat format) {
        String key = "frame.check.every";
        boolean isOfPayload = check.from().equals(Check.Position.fromStart(payloadAt))
                && check.to().atPayloadEnd()
                && check.at().atPayloadEnd();
        if (!isOfPayload) {
            throw refuse(key, "checks the payload; allowed with from: payload-start, to: payload-end, at: payload-end");
        }
        if (check.encoding() != Check.Encoding.BINARY || check.separator().sizeBytes() > 0) {
            throw refuse(key, "goes with encoding binary and no separator; allowed: none of the two beside it");
        }
        if (escape != Escape.NONE || lengthAt != FIXED) {
            throw refuse(key, "goes with a length of a fixed size; allowed: no escape, no end, no length that grows");
        }
        if (format.length().isEmpty()) {
            throw refuse(key, "goes with a length; allowed: none where all frames have the same size");
        }
        if (format.length().map(LengthField::counts).orElseThrow() != LengthField.Counts.PAYLOAD) {
            throw refuse("frame.length.counts", "would count the checks of blocks; allowed payload, with adjust");
        }
    }

    /** The header's check is written before the frame's, which may cover it; so it cannot cover that. */
    private void verifyOrder(Check header, Check frame) {
        int at = frame.at().bytes();
        boolean isCovered = !frame.at().atPayloadEnd()
                && at < header.to().bytes()
                && at + frame.sizeBytes() > header.from().bytes();
        if (isCovered) {
            throw refuse(
                    "frame.check.at",
                    "lies in what frame.headerCheck covers; allowed: outside of its from "
                            + header.from().bytes() + " to " + header.to().bytes());
        }
    }

    private void verifyCrc(String key, ChecksumAlgorithm.Crc crc) {
        if (crc.width() != 8 && crc.width() != 16 && crc.width() != 24 && crc.width() != 32) {
            throw refuse(key + ".width", "is " + crc.width() + "; allowed 8, 16, 24, 32");
        }
        BitField register = BitField.wholeBytes(0, crc.width() / 8, Endian.BIG);
        if (!register.holds(Integer.toUnsignedLong(crc.poly())) || (crc.poly() & 1) == 0) {
            throw refuse(
                    key + ".poly",
                    "is " + hex(crc.poly()) + "; allowed: odd and no more than " + crc.width() + " bits");
        }
        if (!register.holds(Integer.toUnsignedLong(crc.init()))) {
            throw refuse(key + ".init", "is " + hex(crc.init()) + "; allowed: no more than " + crc.width() + " bits");
        }
        if (!register.holds(Integer.toUnsignedLong(crc.xorout()))) {
            throw refuse(
                    key + ".xorout", "is " + hex(crc.xorout()) + "; allowed: no more than " + crc.width() + " bits");
        }
    }

    private void verifyPosition(String key, Check.Position position) {
        if (!position.atPayloadEnd() && (position.bytes() < 0 || position.bytes() > payloadAt)) {
            throw refuse(
                    key, "is " + position.bytes() + "; allowed 0 to " + payloadAt + ", payload-start, payload-end");
        }
    }

    private void verifyTypes(FrameFormat format) {
        format.typeField().filter(type -> type.bits() > 32).ifPresent(type -> {
            throw refuse("frame.header.type.bits", "is " + type.bits() + "; allowed 1 to 32");
        });
        TypeRules.verify(format, number -> TypeRules.fault(format, number));
    }

    private void verifyExtra(Check check, FrameFormat format) {
        String key = "frame.crcExtra";
        if (check.extra().isEmpty()) {
            return;
        }
        if (!(check.algorithm() instanceof ChecksumAlgorithm.Crc)) {
            throw refuse(key, "continues a CRC; allowed: none with another algorithm");
        }
        if (check.isOfBlocks()) {
            throw refuse(key, "does not go with frame.check.every; allowed: one of them");
        }
        BitField type = format.typeField()
                .orElseThrow(() -> refuse(key, "goes by type; allowed with a field of the header that is named type"));
        // Where frames have many shapes, all have the bytes of all types.
        if (check.extra().keySet().stream().noneMatch(number -> type.holds(Integer.toUnsignedLong(number)))) {
            throw refuse(key, "has no type that the type field holds; allowed 0 to " + type.mask());
        }
        format.types()
                .keySet()
                .forEach(name -> format.numbers(name).forEach(number -> {
                    if (!check.extra().containsKey(number.number())) {
                        throw refuse(
                                "types." + name,
                                "is " + number.text() + ", which has no byte in " + key + "; allowed: a type that has");
                    }
                }));
    }

    private void verifySignature(Signature signature, FrameFormat format) {
        String key = "frame.signature";
        if (escape != Escape.NONE || format.trailer().sizeBytes() > 0) {
            throw refuse(key, "stands behind the check; allowed without an escape, an end and a trailer");
        }
        if (format.mask().isPresent() || format.hasBlockChecks()) {
            throw refuse(key, "goes with a payload as it is; allowed without frame.mask and frame.check.every");
        }
        boolean counts = format.length().map(LengthField::counts).orElse(LengthField.Counts.PAYLOAD)
                != LengthField.Counts.PAYLOAD;
        if (counts) {
            throw refuse("frame.length.counts", "would count the signature; allowed payload");
        }
        if (signature.sizeBytes() < 1 || signature.sizeBytes() > 256) {
            throw refuse(key + ".size", "is " + signature.sizeBytes() + "; allowed 1 to 256");
        }
        verifyFlag(key + ".when", signature.when(), format);
    }

    /** The name of a bit that says whether a part is there. */
    private void verifyFlag(String key, String name, FrameFormat format) {
        boolean isFlag = format.field(name)
                .map(field -> field.bits().bits() == 1 && field.value().isEmpty())
                .orElse(false);
        boolean hasRole = name.equals(HeaderField.TYPE) || name.equals(HeaderField.SEQUENCE);
        if (!isFlag || hasRole) {
            throw refuse(
                    key,
                    "is \"" + name
                            + "\"; allowed: the name of a header field of one bit, without a value, and neither type nor sequence");
        }
    }

    /** Takes the bits of a field, which must lie in the head and belong to nobody else. */
    private void take(String key, BitField field) {
        if (field.end() > payloadAt) {
            throw refuse(key, "reaches byte " + field.end() + "; allowed up to the payload at " + payloadAt);
        }
        for (int bit = 0; bit < field.bits(); bit++) {
            int frameBit = field.frameBit(bit);
            String other = taken.putIfAbsent(frameBit, key);
            if (other != null) {
                throw refuse(
                        key,
                        "overlaps " + other + " in byte " + frameBit / 8 + "; allowed: bits that no other key has");
            }
        }
    }

    private static String hex(int value) {
        return String.format(Locale.ROOT, "0x%X", value);
    }

    private DescriptionException refuse(String key, String reason) {
        return new DescriptionException(source, key, reason);
    }
}
