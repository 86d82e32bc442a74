package dev.tunbridge.protocol.dissector;

import dev.tunbridge.protocol.description.DescriptionException;
import dev.tunbridge.protocol.frame.BytePattern;
import dev.tunbridge.protocol.frame.Escape;
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
            "typing");
    private static final Set<String> OF_LENGTHS = Set.of("encoding", "bits", "counts", "adjust", "until", "repeatedAt");
    private static final Set<String> OF_FIELDS = Set.of("name", "bits", "value");
    private static final Set<String> OF_CHECKS = Set.of("algorithm", "from", "to", "at", "endian");

    private static final Set<Object> UNUSED =
            Set.of(Optional.empty(), OptionalInt.empty(), OptionalLong.empty(), false, 0, 0L, List.of(), Map.of());

    private FrameFeatures() {}

    /** @throws DescriptionException naming the first that is made use of and has no Lua */
    static void verify(FrameFormat format) {
        String name = format.name();
        if (!format.shapes().isEmpty()) {
            throw refused(name, "frame.shapes", "a list of " + format.shapes().size());
        }
        if (format.escape() == Escape.SML) {
            throw refused(name, "frame.escape", "sml");
        }
        if (format.length().isEmpty() && format.escape() == Escape.NONE) {
            throw refused(name, "frame.payload.size", format.maxPayloadBytes());
        }
        if (format.check().filter(check -> !check.extra().isEmpty()).isPresent()) {
            throw refused(name, "frame.crcExtra", "there");
        }
        verify(name, "frame", format, OF_FRAMES);
        format.length().ifPresent(length -> verify(name, "frame.length", length, OF_LENGTHS));
        for (HeaderField field : format.fields()) {
            verify(name, "frame.header." + field.name(), field, OF_FIELDS);
        }
        format.check().ifPresent(check -> verify(name, "frame.check", check, OF_CHECKS));
        format.headerCheck().ifPresent(check -> verify(name, "frame.headerCheck", check, OF_CHECKS));
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
