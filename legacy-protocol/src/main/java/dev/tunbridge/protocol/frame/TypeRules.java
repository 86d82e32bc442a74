package dev.tunbridge.protocol.frame;

import dev.tunbridge.protocol.description.DescriptionException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The rules of types: each number is one that frames can have, and no number is of two of them. */
final class TypeRules {
    private final FrameFormat format;

    private TypeRules(FrameFormat format) {
        this.format = format;
    }

    /** @param fault what is wrong with a number by itself, and what is allowed; empty where frames can have it */
    static void verify(FrameFormat format, Function<TypeNumber, Optional<String>> fault) {
        TypeRules rules = new TypeRules(format);
        Map<TypeNumber, String> seen = new LinkedHashMap<>();
        for (String name : new TreeSet<>(format.types().keySet())) {
            for (TypeNumber number : format.numbers(name)) {
                rules.verify(name, number, fault.apply(number));
                rules.verifyApart(name, number, seen);
                seen.put(number, name);
            }
        }
    }

    /** What the type field of a format, if it has one, says of a number. */
    static Optional<String> fault(FrameFormat format, TypeNumber number) {
        BitField field = format.typeBits().orElse(null);
        if (field == null) {
            String only = "; allowed " + Integer.toUnsignedString(format.onlyType())
                    + " alone, for no field of the header is named type";
            return number.equals(TypeNumber.of(format.onlyType())) ? Optional.empty() : Optional.of(only);
        }
        boolean fits = field.holds(Integer.toUnsignedLong(number.number()))
                && (number.mask() == TypeNumber.WHOLE || field.holds(Integer.toUnsignedLong(number.mask())));
        return fits ? Optional.empty() : Optional.of("; allowed 0 to " + field.mask());
    }

    private void verify(String name, TypeNumber number, Optional<String> fault) {
        if (number.mask() == 0) {
            throw refuse(
                    name,
                    "is " + number.text() + ", which leaves no bit to tell it by; allowed: a mask of one bit or more");
        }
        fault.ifPresent(what -> {
            throw refuse(name, "is " + number.text() + what);
        });
    }

    private void verifyApart(String name, TypeNumber number, Map<TypeNumber, String> seen) {
        seen.forEach((other, owner) -> {
            if (!number.overlaps(other)) {
                return;
            }
            boolean isSame = number.number() == other.number() && number.mask() == other.mask();
            String what = owner.equals(name)
                    ? isSame ? ", which is there twice" : ", which takes in " + other.text() + " of its own"
                    : isSame
                            ? ", which is also types." + owner
                            : ", and some number is that and " + other.text() + " of types." + owner + " as well";
            throw refuse(
                    name, "is " + number.text() + what + (isSame ? "" : "; allowed: numbers of which none is two"));
        });
    }

    /** A type that lies in the payload. */
    static void verify(FrameFormat format, PayloadType type) {
        BitField bits = type.bits();
        String key = "frame.payload.type";
        if (bits.at() < 0 || bits.end() > format.maxPayloadBytes()) {
            throw new DescriptionException(
                    "format " + format.name(),
                    key + ".at",
                    "is " + bits.at() + ", so that the type reaches byte " + bits.end()
                            + " of the payload; allowed: within its " + format.maxPayloadBytes());
        }
        if (bits.bits() > PayloadType.MOST_BITS) {
            throw new DescriptionException(
                    "format " + format.name(),
                    key + ".bits",
                    "is " + bits.bits() + "; allowed 1 to " + PayloadType.MOST_BITS);
        }
        boolean isAlone = bits.at() == 0 && bits.bits() == Byte.SIZE * bits.size();
        if (!type.isKept() && !isAlone) {
            throw new DescriptionException(
                    "format " + format.name(),
                    key + ".keep",
                    "is false, and the type is not whole bytes that stand first in the payload; allowed: keep: true, so that"
                            + " messages are laid out with it");
        }
    }

    /** Types of many numbers, and where a type lies that lies in the payload, a line each. */
    static List<String> explain(FrameFormat format) {
        List<String> lines = new ArrayList<>();
        format.typing()
                .inPayload()
                .ifPresent(type -> lines.add("the type lies in the payload"
                        + (type.isKept()
                                ? ", and messages are laid out with it; one that says another type than its own is not written"
                                : ", in front of what messages are laid out of")
                        + "; a frame whose payload is too short for it is counted as an unknown type"));
        new TreeMap<>(format.typing().many()).forEach((name, numbers) -> lines.add(explain(name, numbers)));
        return lines;
    }

    private static String explain(String name, List<TypeNumber> numbers) {
        TypeNumber first = numbers.get(0);
        String written = "; written is " + Integer.toUnsignedString(first.number());
        if (first.family() != TypeNumber.Family.ANY) {
            written = "; written is the first with IPv4, the second with IPv6";
        }
        return "type " + name + " is " + numbers.stream().map(TypeNumber::text).collect(Collectors.joining(" or "))
                + written;
    }

    private DescriptionException refuse(String name, String reason) {
        return new DescriptionException("format " + format.name(), "types." + name, reason);
    }
}
