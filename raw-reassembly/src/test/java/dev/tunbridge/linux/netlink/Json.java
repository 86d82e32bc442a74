package dev.tunbridge.linux.netlink;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Reads what {@code ip -json} writes: objects as maps, arrays as lists, whole numbers as longs, {@code null} as {@link #NULL}. */
final class Json {
    static final String NULL = "(null)";

    private final String text;
    private int at;

    private Json(String text) {
        this.text = text;
    }

    /** The objects of an array; nothing is an empty one. */
    static List<Map<String, Object>> objects(String text) {
        List<Map<String, Object>> objects = new ArrayList<>();
        if (!text.isBlank()) {
            for (Object each : list(new Json(text.strip()).value())) {
                Map<String, Object> object = object(each);
                if (!object.isEmpty()) { // ip writes {} for what it has filtered
                    objects.add(object);
                }
            }
        }
        return objects;
    }

    static List<?> list(Object value) {
        return (List<?>) value;
    }

    static Map<String, Object> object(Object value) {
        Map<String, Object> object = new TreeMap<>();
        ((Map<?, ?>) value).forEach((key, each) -> object.put((String) key, each));
        return object;
    }

    private Object value() {
        skip();
        char first = text.charAt(at);
        return switch (first) {
            case '{' -> object();
            case '[' -> array();
            case '"' -> string();
            default -> word();
        };
    }

    private Map<String, Object> object() {
        Map<String, Object> object = new TreeMap<>();
        at++;
        while (!ends('}')) {
            String key = string();
            skip();
            at++; // the colon
            object.put(key, value());
        }
        return object;
    }

    private List<Object> array() {
        List<Object> array = new ArrayList<>();
        at++;
        while (!ends(']')) {
            array.add(value());
        }
        return array;
    }

    private boolean ends(char closing) {
        skip();
        if (text.charAt(at) == ',') {
            at++;
            skip();
        }
        if (text.charAt(at) == closing) {
            at++;
            return true;
        }
        return false;
    }

    private String string() {
        StringBuilder string = new StringBuilder();
        for (at++; text.charAt(at) != '"'; at++) {
            if (text.charAt(at) == '\\') {
                at++;
            }
            string.append(text.charAt(at));
        }
        at++;
        return string.toString();
    }

    private Object word() {
        int start = at;
        while (at < text.length() && ",]} \n\t".indexOf(text.charAt(at)) < 0) {
            at++;
        }
        String word = text.substring(start, at);
        return switch (word) {
            case "true" -> true;
            case "false" -> false;
            case "null" -> NULL;
            default -> word.contains(".") ? (Object) Double.valueOf(word) : (Object) Long.valueOf(word);
        };
    }

    private void skip() {
        while (Character.isWhitespace(text.charAt(at))) {
            at++;
        }
    }
}
