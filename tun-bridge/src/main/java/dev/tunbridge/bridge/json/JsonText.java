package dev.tunbridge.bridge.json;

import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The few forms of JSON that counters and reports are made of. Values are JSON already, but for {@link #text} and {@link #number}. */
public final class JsonText {
    private JsonText() {}

    public static String object(String... fields) {
        return "{" + String.join(",", fields) + "}";
    }

    public static String array(Stream<String> values) {
        return values.collect(Collectors.joining(",", "[", "]"));
    }

    public static String field(String key, String value) {
        return text(key) + ":" + value;
    }

    public static String number(double value) {
        return String.format(Locale.ROOT, "%.6g", value).replaceAll("^NaN$|Infinity", "null");
    }

    public static String text(String value) {
        StringBuilder out = new StringBuilder("\"");
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < ' ') {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        return out.append('"').toString();
    }
}
