package dev.tunbridge.protocol.frame;

import io.netty.buffer.ByteBuf;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What in a bad frame breaks its rule, for people.
 *
 * @param at bytes from the start of the frame to the first that does not fit; 0 where an escape stands between
 * @param text what is there, and what is allowed
 */
public record FrameMisfit(int at, String text) {

    /**
     * Looks at the frame that begins at the index and that a {@link FrameProbe} has refused.
     *
     * @param limit behind the bytes that are there
     */
    public static FrameMisfit of(FrameFormat format, BadFrame reason, ByteBuf buffer, int index, int limit) {
        if (format.escape() != Escape.NONE) {
            return new FrameMisfit(0, "the frame up to its mark, once the escapes are taken out");
        }
        if (format.hasShapes()) {
            int first = buffer.getUnsignedByte(index);
            return format.shapes().stream()
                    .filter(shape -> shape.sync().byteAt(0) == first)
                    .findFirst()
                    .map(shape -> of(shape, reason, buffer, index, limit))
                    .orElseGet(() -> new FrameMisfit(
                            0,
                            "is " + hex(first, 1) + "; allowed "
                                    + format.shapes().stream()
                                            .map(shape -> hex(shape.sync().byteAt(0), 1))
                                            .collect(Collectors.joining(", "))
                                    + ", with which frames begin"));
        }
        return switch (reason) {
            case SYNC -> pattern(format.sync(), buffer, index, 0, limit);
            case FIELD -> field(format, buffer, index);
            case LENGTH -> length(format, buffer, index, limit);
            case TRAILER -> {
                int at = payloadEnd(format, buffer, index, limit)
                        - index
                        + format.tailBytes()
                        - format.trailer().sizeBytes();
                yield pattern(format.trailer(), buffer, index, at, limit);
            }
            case CHECK -> check(format, buffer, index, limit);
            case ESCAPE -> new FrameMisfit(0, "an escape that no encoder writes");
        };
    }

    private static FrameMisfit pattern(BytePattern pattern, ByteBuf buffer, int index, int from, int limit) {
        StringBuilder allowed = new StringBuilder();
        int differs = -1;
        for (int i = 0; i < pattern.sizeBytes(); i++) {
            allowed.append(i == 0 ? "" : " ").append(hex(pattern.byteAt(i), 1));
            int at = index + from + i;
            if (differs < 0 && at < limit && (buffer.getByte(at) & pattern.maskAt(i)) != pattern.byteAt(i)) {
                differs = from + i;
            }
        }
        int at = Math.max(from, differs);
        return new FrameMisfit(at, "is " + hex(buffer.getUnsignedByte(index + at), 1) + "; allowed " + allowed);
    }

    private static FrameMisfit field(FrameFormat format, ByteBuf buffer, int index) {
        for (HeaderField field : format.fields()) {
            long found = field.bits().read(buffer, index);
            if (field.value().isPresent() && field.value().getAsLong() != found) {
                return new FrameMisfit(
                        field.bits().at(),
                        field.name() + " is " + found + "; allowed "
                                + field.value().getAsLong());
            }
        }
        throw new IllegalArgumentException("no constant of the frame at " + index + " is wrong");
    }

    private static FrameMisfit length(FrameFormat format, ByteBuf buffer, int index, int limit) {
        LengthField length = format.length().orElseThrow();
        int at = length.bits().at();
        String allowed = "; allowed " + (format.lengthBias() + format.minPayloadBytes()) + " to "
                + (format.lengthBias() + format.maxPayloadBytes());
        Optional<GrowingLength> growing = length.growing();
        if (growing.isPresent()) {
            boolean ends = growing.get().sizeBytes(buffer, index + at, limit) > 0;
            String found = ends ? "is " + growing.get().read(buffer, index + at) : "is not written as such a length is";
            return new FrameMisfit(at, found + allowed);
        }
        long found = length.read(buffer, index);
        if (found != LengthField.MALFORMED && length.repetition().isPresent()) {
            LengthField repetition = length.repetition().get();
            long again = repetition.read(buffer, index);
            if (again != found) {
                return new FrameMisfit(
                        repetition.bits().at(), "is " + again + " where it stands once more; allowed " + found);
            }
        }
        return new FrameMisfit(
                at, (found == LengthField.MALFORMED ? "is not written in its digits" : "is " + found) + allowed);
    }

    private static FrameMisfit check(FrameFormat format, ByteBuf buffer, int index, int limit) {
        int headEnd = index + format.payloadAt();
        if (format.headerCheck().isPresent()) {
            Check check = format.headerCheck().get();
            if (written(check, buffer, index, headEnd) != computed(check, buffer, index, headEnd)) {
                return check("of the header", check, buffer, index, headEnd);
            }
        }
        return check(
                "of the frame", format.check().orElseThrow(), buffer, index, payloadEnd(format, buffer, index, limit));
    }

    private static FrameMisfit check(String which, Check check, ByteBuf buffer, int index, int payloadEnd) {
        if (!check.extra().isEmpty()) {
            return new FrameMisfit(
                    check.at().index(index, payloadEnd) - index,
                    "the check " + which
                            + ", which goes on over a byte that the type chooses, is wrong, or the type has no such byte");
        }
        int size = check.algorithm().sizeBytes();
        return new FrameMisfit(
                check.at().index(index, payloadEnd) - index,
                "the check " + which + " is " + hex(written(check, buffer, index, payloadEnd), size) + "; allowed "
                        + hex(computed(check, buffer, index, payloadEnd), size) + " over bytes "
                        + (check.from().index(index, payloadEnd) - index) + " to "
                        + (check.to().index(index, payloadEnd) - index - 1));
    }

    private static long written(Check check, ByteBuf buffer, int index, int payloadEnd) {
        return BitField.readRaw(
                buffer, check.at().index(index, payloadEnd), check.algorithm().sizeBytes(), check.endian());
    }

    private static long computed(Check check, ByteBuf buffer, int index, int payloadEnd) {
        int from = check.from().index(index, payloadEnd);
        return check.algorithm().newChecksum().compute(buffer, from, check.to().index(index, payloadEnd) - from);
    }

    /** Of a frame whose length is right. */
    private static int payloadEnd(FrameFormat format, ByteBuf buffer, int index, int limit) {
        if (format.hasFixedSize()) {
            return index + format.payloadAt() + format.maxPayloadBytes();
        }
        LengthField length = format.length().orElseThrow();
        FrameLayout layout = new FrameLayout(format);
        int head =
                layout.growing == null ? layout.headBytes : layout.grownHeadBytes(buffer, index, limit, layout.growing);
        return index + head + layout.payloadBytes(buffer, index, length);
    }

    private static String hex(long value, int bytes) {
        return String.format(Locale.ROOT, "0x%0" + 2 * bytes + "X", value);
    }
}
