package dev.tunbridge.bridge.doctor;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/** One object of what a program printed as JSON, which YAML 1.2 holds. A field that is not there is empty, zero or false. */
record Fields(Map<?, ?> values) {
    private static final Fields NONE = new Fields(Map.of());

    /** Reads an array of objects; blank output is an empty one, as {@code ip -j} prints it. */
    static List<Fields> parse(String json, String source) throws IOException {
        LoadSettings settings = LoadSettings.builder()
                .setCodePointLimit(Host.MOST_BYTES)
                .setLabel(source)
                .build();
        try {
            return json.isBlank() ? List.of() : of(new Load(settings).loadFromString(json));
        } catch (YamlEngineException e) {
            throw new IOException(source + " printed what is no JSON", e);
        }
    }

    private static List<Fields> of(@Nullable Object value) {
        if (!(value instanceof List<?> list)) {
            return List.of();
        }
        return list.stream()
                .flatMap(each ->
                        each instanceof Map<?, ?> map && !map.isEmpty() ? Stream.of(new Fields(map)) : Stream.empty())
                .toList();
    }

    boolean has(String key) {
        return values.get(key) != null;
    }

    String text(String key) {
        Object value = values.get(key);
        return value == null ? "" : value.toString();
    }

    /** Also of one that is text, as {@code 0x100}; what is no number is 0. */
    long number(String key) {
        Object value = values.get(key);
        if (value instanceof Number number) {
            return number.longValue();
        }
        try {
            return value == null ? 0 : Long.decode(value.toString());
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    boolean flag(String key) {
        return Boolean.TRUE.equals(values.get(key));
    }

    Fields object(String key) {
        return values.get(key) instanceof Map<?, ?> map ? new Fields(map) : NONE;
    }

    List<Fields> objects(String key) {
        return of(values.get(key));
    }

    List<String> texts(String key) {
        return values.get(key) instanceof List<?> list
                ? list.stream().map(String::valueOf).toList()
                : List.of();
    }
}
