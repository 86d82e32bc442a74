package dev.tunbridge.bridge.service;

import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Counters as one JSON object: a record becomes an object with a key for each component, a map one with a key for each
 * entry. Names are in lower case with underscores, so that {@code bytesIn} is {@code bytes_in}.
 */
final class StatsJson {
    private StatsJson() {}

    static String of(Record stats) {
        return Arrays.stream(stats.getClass().getRecordComponents())
                .map(component -> field(component.getName(), value(read(component, stats))))
                .collect(Collectors.joining(",", "{", "}"));
    }

    private static Object read(RecordComponent component, Record stats) {
        try {
            return component.getAccessor().invoke(stats);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("cannot read " + component, e);
        }
    }

    private static String value(Object value) {
        if (value instanceof Record nested) {
            return of(nested);
        }
        if (value instanceof Map<?, ?> map) {
            return map.entrySet().stream()
                    .map(entry -> field(String.valueOf(entry.getKey()), value(entry.getValue())))
                    .collect(Collectors.joining(",", "{", "}"));
        }
        if (value instanceof Double number) {
            return number.isNaN() || number.isInfinite() ? "null" : number.toString();
        }
        if (value instanceof Number || value instanceof Boolean) {
            return value.toString();
        }
        if (value instanceof Enum<?> constant) {
            return JsonText.text(constant.name().toLowerCase(Locale.ROOT));
        }
        if (value instanceof String string) {
            return JsonText.text(string);
        }
        throw new IllegalArgumentException("nothing says how " + value.getClass() + " looks in JSON");
    }

    private static String field(String name, String value) {
        boolean isConstant = name.equals(name.toUpperCase(Locale.ROOT));
        String key = isConstant ? name : name.replaceAll("([A-Z])", "_$1");
        return JsonText.field(key.toLowerCase(Locale.ROOT), value);
    }
}
