package dev.tunbridge.protocol.frame;

import dev.tunbridge.protocol.description.DescriptionException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The rules that a format must keep to work at all. Each refusal names the key and what is allowed. */
final class FormatRules {
    private static final int FIXED = -1;

    private final String source;
    private final int payloadAt;
    private final Escape escape;
    /** Where a length that grows stands. */
    private int lengthAt = FIXED;
    /** Which key has each bit of the head. */
    private final Map<Integer, String> taken = new HashMap<>();

    private FormatRules(String source, int payloadAt, Escape escape) {
        this.source = source;
        this.payloadAt = payloadAt;
        this.escape = escape;
    }

    static void verify(FrameFormat format) {
        FormatRules rules = new FormatRules("format " + format.name(), format.payloadAt(), format.escape());
        rules.verifySizes(
                format.maxPayloadBytes(), format.length().isPresent() ? "frame.length.max" : "frame.payload.max");
        rules.verifyMarks(format.sync(), format.trailer());
        rules.verifyFields(format.fields());
        if (format.length().isPresent()) {
            rules.verifyLength(format.length().get(), format.maxPayloadBytes(), format.tailBytes());
        } else if (format.escape() == Escape.NONE) {
            throw rules.refuse("frame.length", "is missing; it may be absent only where an escape delimits frames");
        }
        format.headerCheck().ifPresent(check -> rules.verifyCheck("frame.headerCheck", check, true));
        format.check().ifPresent(check -> {
            rules.verifyCheck("frame.check", check, false);
            format.headerCheck().ifPresent(header -> rules.verifyOrder(header, check));
        });
        if (format.flags() == Flags.SHARED && format.growthBytes() > 0) {
            throw rules.refuse("frame.flags", "is \"shared\"; allowed: own, for the length grows");
        }
        boolean hasFlags = format.escape() == Escape.HDLC || format.escape() == Escape.SLIP || format.mayShareFlag();
        if (format.flags() == Flags.SHARED && !hasFlags) {
            throw rules.refuse(
                    "frame.flags",
                    "is \"shared\"; allowed: own, for no one byte both opens and closes a frame (escape hdlc or slip, or a trailer"
                            + " of the byte with which a sync of at least two begins)");
        }
        rules.verifyTypes(format.types(), format.typeField());
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

    private void verifySizes(int maxPayloadBytes, String maxKey) {
        if (payloadAt < 0 || payloadAt > 256) {
            throw refuse("frame.payload.at", "is " + payloadAt + "; allowed 0 to 256");
        }
        if (maxPayloadBytes < 1 || maxPayloadBytes > FrameFormat.LARGEST_PAYLOAD_BYTES) {
            throw refuse(maxKey, "is " + maxPayloadBytes + "; allowed 1 to " + FrameFormat.LARGEST_PAYLOAD_BYTES);
        }
    }

    private void verifyMarks(BytePattern sync, BytePattern trailer) {
        if (escape != Escape.NONE && sync.sizeBytes() > 0) {
            throw refuse("frame.sync", "does not go with an escape, whose own marks open a frame; allowed: none");
        }
        if (escape != Escape.NONE && trailer.sizeBytes() > 0) {
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
            if (field.value().isPresent() && hasRole) {
                throw refuse(key + ".value", "does not go with the role of this field; allowed for other fields only");
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
        if (!check.at().atPayloadEnd()) {
            int at = check.at().bytes();
            int end = at + check.algorithm().sizeBytes();
            if (end > from && at < to) {
                throw refuse(
                        key + ".at",
                        "lies in what is checked, but a check cannot cover itself; allowed: outside of " + key
                                + ".from to .to");
            }
            take(key, BitField.wholeBytes(at, end - at, Endian.BIG));
        }
    }

    /** The header's check is written before the frame's, which may cover it; so it cannot cover that. */
    private void verifyOrder(Check header, Check frame) {
        int at = frame.at().bytes();
        boolean isCovered = !frame.at().atPayloadEnd()
                && at < header.to().bytes()
                && at + frame.algorithm().sizeBytes() > header.from().bytes();
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

    private void verifyTypes(Map<String, Integer> types, Optional<BitField> field) {
        // Without a field all frames are of one type.
        BitField type = field.orElse(BitField.wholeBytes(0, 1, Endian.BIG));
        long largest = field.isPresent() ? type.mask() : 0;
        if (type.bits() > 32) {
            throw refuse("frame.header.type.bits", "is " + type.bits() + "; allowed 1 to 32");
        }
        Map<Integer, String> names = new HashMap<>();
        types.forEach((name, number) -> {
            String key = "types." + name;
            if (Integer.toUnsignedLong(number) > largest) {
                throw refuse(
                        key,
                        "is " + Integer.toUnsignedString(number) + "; allowed "
                                + (field.isPresent()
                                        ? "0 to " + largest
                                        : "0 alone, for no field of the header is named type"));
            }
            String other = names.putIfAbsent(number, name);
            if (other != null) {
                throw refuse(key, "is " + Integer.toUnsignedString(number) + ", which is also types." + other);
            }
        });
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
