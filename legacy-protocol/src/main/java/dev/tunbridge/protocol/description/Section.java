package dev.tunbridge.protocol.description;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** One mapping of a description. Each value is asked for once with its kind; a key that nobody asked for is refused. */
public final class Section {
    private final String source;
    private final String path;
    private final Map<?, ?> values;
    private final Set<String> known = new LinkedHashSet<>();

    private Section(String source, String path, Map<?, ?> values) {
        this.source = source;
        this.path = path;
        this.values = values;
    }

    static Section of(String source, String path, Object value) {
        if (value instanceof Map<?, ?> map) {
            return new Section(source, path, map);
        }
        throw new DescriptionException(source, path, "is " + show(value) + "; allowed: keys with values");
    }

    public boolean has(String key) {
        return find(key).isPresent();
    }

    public Section section(String key) {
        return of(source, pathOf(key), require(key));
    }

    public Optional<Section> optionalSection(String key) {
        return find(key).map(value -> of(source, pathOf(key), value));
    }

    public List<Section> sections(String key) {
        Object value = require(key);
        if (!(value instanceof List<?> list)) {
            throw refuse(key, "is " + show(value) + "; allowed: a list");
        }
        return list.stream()
                .map(item -> of(source, pathOf(key), item == null ? "null" : item))
                .toList();
    }

    public boolean isList(String key) {
        return require(key) instanceof List<?>;
    }

    public boolean isSection(String key) {
        return require(key) instanceof Map<?, ?>;
    }

    public boolean isNumber(String key) {
        return require(key) instanceof Number;
    }

    /** A list of texts. */
    public List<String> texts(String key) {
        Object value = require(key);
        if (!(value instanceof List<?> list) || !list.stream().allMatch(String.class::isInstance)) {
            throw refuse(key, "is " + show(value) + "; allowed: a list of texts");
        }
        return list.stream().map(String.class::cast).toList();
    }

    public boolean isText(String key) {
        return require(key) instanceof String;
    }

    public String text(String key) {
        Object value = require(key);
        if (value instanceof String text) {
            return text;
        }
        throw refuse(key, "is " + show(value) + "; allowed: text");
    }

    public String text(String key, String byDefault) {
        return has(key) ? text(key) : byDefault;
    }

    public long number(String key) {
        Object value = require(key);
        if (value instanceof Integer || value instanceof Long) {
            return ((Number) value).longValue();
        }
        throw refuse(key, "is " + show(value) + "; allowed: a whole number below 2^63");
    }

    public int integer(String key) {
        long value = number(key);
        if (value != (int) value) {
            throw refuse(key, "is " + value + "; allowed " + Integer.MIN_VALUE + " to " + Integer.MAX_VALUE);
        }
        return (int) value;
    }

    public int integer(String key, int byDefault) {
        return has(key) ? integer(key) : byDefault;
    }

    /** A number of 32 bits, unsigned. */
    public int unsigned(String key) {
        long value = number(key);
        if (value < 0 || value > 0xFFFF_FFFFL) {
            throw refuse(key, "is " + value + "; allowed 0 to 0xFFFFFFFF");
        }
        return (int) value;
    }

    public boolean flag(String key) {
        Object value = require(key);
        if (value instanceof Boolean flag) {
            return flag;
        }
        throw refuse(key, "is " + show(value) + "; allowed true, false");
    }

    public <E extends Enum<E>> E choice(String key, E byDefault, Class<E> kind) {
        if (!has(key)) {
            return byDefault;
        }
        Object value = require(key);
        for (E constant : kind.getEnumConstants()) {
            if (nameOf(constant).equals(value)) {
                return constant;
            }
        }
        String allowed = String.join(
                ", ",
                Arrays.stream(kind.getEnumConstants()).map(Section::nameOf).toList());
        throw refuse(key, "is " + show(value) + "; allowed " + allowed);
    }

    /** Hexadecimal bytes, with or without spaces; so many at most. */
    public byte[] hex(String key, int mostBytes) {
        String digits = text(key).replace(" ", "");
        boolean hexadecimal = digits.chars().allMatch(c -> c < 0x80 && Character.digit(c, 16) >= 0);
        if (!hexadecimal || digits.length() % 2 != 0 || digits.length() > 2 * mostBytes) {
            throw refuse(
                    key,
                    "is \"" + text(key) + "\"; allowed: up to " + mostBytes + " bytes as two hexadecimal digits each");
        }
        return HexFormat.of().parseHex(digits);
    }

    /** A time such as {@code 500ms}, {@code 15s}, {@code 2m}. */
    public long nanos(String key, long byDefault) {
        if (!has(key)) {
            return byDefault;
        }
        String text = text(key).trim();
        String unit = text.replaceFirst("^[0-9]{1,9}", "");
        long nanosPerUnit = switch (unit) {
            case "ms" -> 1_000_000L;
            case "s" -> 1_000_000_000L;
            case "m" -> 60_000_000_000L;
            default -> 0;
        };
        if (nanosPerUnit == 0 || unit.length() == text.length()) {
            throw refuse(key, "is \"" + text + "\"; allowed: a number with ms, s or m, such as 15s");
        }
        long count = Long.parseLong(text.substring(0, text.length() - unit.length()));
        if (count > Long.MAX_VALUE / 4 / nanosPerUnit) {
            throw refuse(key, "is \"" + text + "\", which is too long");
        }
        return count * nanosPerUnit;
    }

    /** Every key of the mapping, where the keys are names that the description chooses. */
    public Set<String> names() {
        Set<String> names = new TreeSet<>();
        values.keySet().forEach(key -> names.add(String.valueOf(key)));
        return names;
    }

    /** Refuses the keys that nobody asked for. */
    public void finish() {
        for (String name : names()) {
            if (!known.contains(name)) {
                throw refuse(name, "is an unknown key; allowed " + String.join(", ", new TreeSet<>(known)));
            }
        }
    }

    public DescriptionException refuse(String key, String reason) {
        return new DescriptionException(source, pathOf(key), reason);
    }

    private Object require(String key) {
        return find(key).orElseThrow(() -> refuse(key, "is missing"));
    }

    private Optional<Object> find(String key) {
        known.add(key);
        return Optional.ofNullable(values.get(key));
    }

    private String pathOf(String key) {
        return path.isEmpty() || key.isEmpty() ? path + key : path + "." + key;
    }

    private static String nameOf(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static String show(Object value) {
        return value instanceof Map || value instanceof List ? "a collection" : "\"" + value + "\"";
    }
}
