package dev.tunbridge.protocol.dissector;

import dev.tunbridge.protocol.description.DescriptionException;
import dev.tunbridge.protocol.frame.BytePattern;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.frame.HeaderField;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/**
 * What of a frame the dissector's Lua reads. The language of frames may learn what it does not: a format that makes use of such a thing is
 * refused by that name here, and not misread.
 */
final class FrameFeatures {
    private static final Set<String> OF_FRAMES = Set.of(
            "name",
            "sync",
            "fields",
            "length",
            "payloadAt",
            "maxPayloadBytes",
            "check",
            "trailer",
            "escape",
            "resync",
            "types",
            "keepAliveEveryNanos",
            "deadAfterNanos",
            "flags",
            "headerCheck",
            "typing",
            "end",
            "mask",
            "onlyType",
            "signature",
            "shapes");
    private static final Set<String> OF_LENGTHS = Set.of("encoding", "bits", "counts", "adjust", "until", "repeatedAt");
    private static final Set<String> OF_FIELDS = Set.of("name", "bits", "value");
    private static final Set<String> OF_CHECKS =
            Set.of("algorithm", "from", "to", "at", "endian", "encoding", "separator", "every", "extra");

    private static final Set<String> OF_MASKS = Set.of("when", "keyBytes");
    private static final Set<String> OF_SIGNATURES = Set.of("when", "sizeBytes");

    private static final Set<Object> UNUSED =
            Set.of(Optional.empty(), OptionalInt.empty(), OptionalLong.empty(), false, 0, 0L, List.of(), Map.of());

    private FrameFeatures() {}

    /** @throws DescriptionException naming the first that is made use of and has no Lua */
    static void verify(FrameFormat format) {
        String name = format.name();
        verify(name, "frame", format, OF_FRAMES);
        format.length().ifPresent(length -> verify(name, "frame.length", length, OF_LENGTHS));
        for (HeaderField field : format.fields()) {
            verify(name, "frame.header." + field.name(), field, OF_FIELDS);
        }
        format.check().ifPresent(check -> verify(name, "frame.check", check, OF_CHECKS));
        format.headerCheck().ifPresent(check -> verify(name, "frame.headerCheck", check, OF_CHECKS));
        format.mask().ifPresent(mask -> verify(name, "frame.mask", mask, OF_MASKS));
        format.signature().ifPresent(signature -> verify(name, "frame.signature", signature, OF_SIGNATURES));
        format.shapes().forEach(FrameFeatures::verify);
    }

    static DescriptionException refused(String format, String key, Object value) {
        return new DescriptionException(
                "format " + format,
                key,
                "is " + value + ", which no dissector can be written for; allowed: none of it");
    }

    /** Components that are not known and hold something. */
    static void verify(String format, String key, Record described, Set<String> known) {
        for (RecordComponent component : described.getClass().getRecordComponents()) {
            Object value = known.contains(component.getName()) ? Optional.empty() : valueOf(component, described);
            if (isUsed(value)) {
                throw refused(format, key + "." + component.getName(), value);
            }
        }
    }

    private static Object valueOf(RecordComponent component, Record described) {
        try {
            return component.getAccessor().invoke(described);
        } catch (IllegalAccessException | InvocationTargetException e) {
            throw new IllegalStateException(described.getClass() + " does not tell its " + component.getName(), e);
        }
    }

    private static boolean isUsed(Object value) {
        if (value instanceof BytePattern pattern) {
            return pattern.sizeBytes() > 0;
        }
        if (value instanceof Enum<?> constant) {
            return constant.ordinal() > 0; // the first is the default by the habit of the language
        }
        return !UNUSED.contains(value);
    }
}
