package dev.tunbridge.protocol.description;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * One mapping of a description. Each value is asked for once with its kind; a key that nobody asked for is refused, and so is one
 * with nothing behind it. Every fault tells its place.
 */
public final class Section {
    private final Text text;
    private final String path;
    private final MappingNode mapping;
    private final Map<String, NodeTuple> pairs = new LinkedHashMap<>();
    private final Set<String> known = new LinkedHashSet<>();

    private Section(Text text, String path, MappingNode mapping) {
        this.text = text;
        this.path = path;
        this.mapping = mapping;
        mapping.getValue().forEach(pair -> pairs.put(KeyPath.nameOf(pair), pair));
    }

    static Section of(Text text, String path, Node node) {
        if (node instanceof MappingNode mapping) {
            return new Section(text, path, mapping);
        }
        Value value = new Value(node);
        String reason = value.isMissing() ? "has no value" : "is " + value.shown();
        throw new DescriptionException(text.of(node), path, reason + "; allowed: keys with values");
    }

    /**
     * Says which keys there are, and refuses any other at once: a key that is misspelt is then told before the one that is
     * missing for it. May be called again once it is known which of them go together.
     */
    public void keys(String... allowed) {
        known.clear();
        known.addAll(Arrays.asList(allowed));
        finish();
    }

    public boolean has(String key) {
        return find(key).isPresent();
    }

    public Section section(String key) {
        return of(text, pathOf(key), require(key).node());
    }

    public Optional<Section> optionalSection(String key) {
        return find(key).map(value -> of(text, pathOf(key), value.node()));
    }

    public List<Section> sections(String key) {
        Value value = require(key);
        if (!(value.node() instanceof SequenceNode list)) {
            throw refuse(key, "is " + value.shown() + "; allowed: a list");
        }
        List<Section> sections = new ArrayList<>();
        for (Node item : list.getValue()) {
            sections.add(of(text, pathOf(key) + "[" + sections.size() + "]", item));
        }
        return List.copyOf(sections);
    }

    /** The items of a list, whatever they are, by the keys {@code [0]}, {@code [1]} and so on. */
    public Section items(String key) {
        Value value = require(key);
        if (!(value.node() instanceof SequenceNode list)) {
            throw refuse(key, "is " + value.shown() + "; allowed: a list");
        }
        Section items = new Section(text, pathOf(key), mapping);
        items.pairs.clear();
        for (Node item : list.getValue()) {
            items.pairs.put("[" + items.pairs.size() + "]", new NodeTuple(item, item));
        }
        return items;
    }

    public boolean isList(String key) {
        return require(key).node() instanceof SequenceNode;
    }

    public boolean isSection(String key) {
        return require(key).node() instanceof MappingNode;
    }

    public boolean isNumber(String key) {
        return require(key).isNumber();
    }

    /** A list of texts. */
    public List<String> texts(String key) {
        Value value = require(key);
        if (!(value.node() instanceof SequenceNode list)) {
            throw refuse(key, "is " + value.shown() + "; allowed: a list of texts");
        }
        List<String> texts = new ArrayList<>();
        for (Node item : list.getValue()) {
            Value text = new Value(item);
            if (!text.isText()) {
                throw refuse(key, "has the item " + text.shown() + "; allowed: texts");
            }
            texts.add(text.written());
        }
        return List.copyOf(texts);
    }

    public boolean isText(String key) {
        return require(key).isText();
    }

    public String text(String key) {
        Value value = require(key);
        if (value.isText()) {
            return value.written();
        }
        boolean isScalar = value.node() instanceof ScalarNode;
        throw refuse(
                key,
                "is " + value.shown() + "; allowed: text"
                        + (isScalar ? ", here in quotes: \"" + value.written() + "\"" : ""));
    }

    public String text(String key, String byDefault) {
        return has(key) ? text(key) : byDefault;
    }

    /** A number or whatever else is no list and no mapping, as it is written. */
    public String scalar(String key) {
        Value value = require(key);
        if (value.node() instanceof ScalarNode) {
            return value.written();
        }
        throw refuse(key, "is " + value.shown() + "; allowed: text or a number");
    }

    public long number(String key) {
        Value value = require(key);
        return value.integer().orElseThrow(() -> {
            boolean quoted = value.isText() && value.written().matches("[-+]?[0-9]+|0x[0-9a-fA-F]+");
            return refuse(
                    key,
                    quoted
                            ? "is the text " + value.shown() + "; allowed: a whole number without quotes: "
                                    + value.written()
                            : "is " + value.shown() + "; allowed: a whole number"
                                    + (value.isInteger() ? " below 2^63" : ""));
        });
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
        Value value = require(key);
        if (value.isFlag()) {
            return value.written().equalsIgnoreCase("true");
        }
        throw refuse(key, "is " + value.shown() + "; allowed true, false");
    }

    public <E extends Enum<E>> E choice(String key, E byDefault, Class<E> kind) {
        if (!has(key)) {
            return byDefault;
        }
        Value value = require(key);
        List<String> names = new ArrayList<>();
        for (E constant : kind.getEnumConstants()) {
            String name = constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
            if (value.isText() && name.equals(value.written())) {
                return constant;
            }
            names.add(name);
        }
        throw value.isText()
                ? refuseName(key, value.written(), names)
                : refuse(key, "is " + value.shown() + "; allowed " + String.join(", ", names));
    }

    /** Hexadecimal bytes, with or without spaces; so many at most. */
    public byte[] hex(String key, int mostBytes) {
        Value value = require(key);
        if (!value.isText()) {
            throw refuse(key, "is " + value.shown() + "; allowed: hexadecimal bytes in quotes" + example(value));
        }
        String digits = value.written().replace(" ", "");
        if (!isHexadecimal(digits) || digits.length() % 2 != 0 || digits.length() > 2 * mostBytes) {
            throw refuse(
                    key,
                    "is " + value.shown() + "; allowed: "
                            + (mostBytes == 1
                                    ? "one byte as two hexadecimal digits, such as \"0A\""
                                    : "up to " + mostBytes
                                            + " bytes as two hexadecimal digits each, such as \"A5 5A\""));
        }
        return HexFormat.of().parseHex(digits);
    }

    /** A time such as {@code 500ms}, {@code 15s}, {@code 2m}. */
    public long nanos(String key, long byDefault) {
        if (!has(key)) {
            return byDefault;
        }
        Value value = require(key);
        String written = value.written().trim();
        String unit = written.replaceFirst("^[0-9]{1,9}", "");
        long nanosPerUnit = switch (unit) {
            case "ms" -> 1_000_000L;
            case "s" -> 1_000_000_000L;
            case "m" -> 60_000_000_000L;
            default -> 0;
        };
        if (nanosPerUnit == 0 || unit.length() == written.length()) {
            String shown = value.isNumber() ? written : value.shown();
            String example = value.isInteger() && written.matches("[1-9][0-9]{0,8}") ? written : "15";
            throw refuse(key, "is " + shown + "; allowed: a number with ms, s or m, such as " + example + "s");
        }
        long count = Long.parseLong(written.substring(0, written.length() - unit.length()));
        if (count > Long.MAX_VALUE / 4 / nanosPerUnit) {
            throw refuse(
                    key, "is \"" + written + "\", which is too long; allowed: up to " + longest(nanosPerUnit) + unit);
        }
        return count * nanosPerUnit;
    }

    /** Everything below, where the file is keys and values and nothing else, by dotted keys. */
    public Map<String, Leaf> leaves() {
        return Leaf.below(text, mapping);
    }

    /** Every key of the mapping, where the keys are names that the description chooses. */
    public Set<String> names() {
        return new TreeSet<>(pairs.keySet());
    }

    /** Refuses the keys that nobody asked for. */
    public void finish() {
        for (String name : pairs.keySet()) {
            if (!known.contains(name)) {
                throw unknown(name, known);
            }
        }
    }

    /** A fault of this key, or of the mapping itself where the key is empty, with its place. */
    public DescriptionException refuse(String key, String reason) {
        NodeTuple pair = pairs.get(key);
        Text.Place place = pair == null ? text.of(mapping) : text.of(pair.getValueNode());
        return new DescriptionException(place, pathOf(key), reason);
    }

    /** A fault of this key, whose value names what there is not; the nearest of those that there are is told. */
    public DescriptionException refuseName(String key, String name, Collection<String> allowed) {
        return refuse(
                key,
                "is \"" + Value.clipped(name) + "\"" + nearest(name, allowed) + "; allowed "
                        + String.join(", ", allowed));
    }

    /** What a fault says of the name that was most likely meant, in front of all that are allowed; often nothing. */
    static String nearest(String name, Collection<String> allowed) {
        return Spelling.nearest(name, allowed)
                .map(other -> "; the nearest is " + other)
                .orElse("");
    }

    /**
     * The same fault with its place, found by its key path below this mapping. An item of a list has its index in the path, or
     * its {@code name}. Where nothing stands at that path, the place is that of the nearest mapping around it.
     */
    public DescriptionException locate(DescriptionException fault) {
        Node node = KeyPath.nearest(mapping, fault.key());
        return new DescriptionException(text.of(node), fault.key(), fault.reason());
    }

    private Value require(String key) {
        return find(key).orElseThrow(() -> {
            // Most often it is there, misspelt: then that is what must be told.
            for (String other : pairs.keySet()) {
                if (!known.contains(other)
                        && Spelling.nearest(other, List.of(key)).isPresent()) {
                    return unknown(other, known);
                }
            }
            return refuse(key, "is missing");
        });
    }

    private Optional<Value> find(String key) {
        known.add(key);
        NodeTuple pair = pairs.get(key);
        if (pair == null) {
            return Optional.empty();
        }
        Value value = new Value(pair.getValueNode());
        if (value.isMissing()) {
            throw new DescriptionException(
                    text.of(pair.getKeyNode()), pathOf(key), "has no value; allowed: a value, or no such key at all");
        }
        return Optional.of(value);
    }

    /** A fault of a mapping that is known by one of these keys, and has none of them. */
    public DescriptionException lacksOneOf(Collection<String> kinds) {
        for (String other : pairs.keySet()) { // most often it is there, misspelt
            if (Spelling.nearest(other, kinds).isPresent()) {
                return unknown(other, kinds);
            }
        }
        return refuse("", "has none of the keys by which it is known; allowed: one of " + String.join(", ", kinds));
    }

    /** A fault of a key that is none of these. */
    public DescriptionException unknown(String name, Collection<String> allowed) {
        NodeTuple pair = pairs.get(name);
        return new DescriptionException(
                text.of(pair == null ? mapping : pair.getKeyNode()),
                pathOf(name),
                "is an unknown key" + nearest(name, allowed) + "; allowed "
                        + String.join(", ", new TreeSet<>(allowed)));
    }

    private String pathOf(String key) {
        return path.isEmpty() || key.isEmpty() || key.startsWith("[") ? path + key : path + "." + key;
    }

    private static boolean isHexadecimal(String digits) {
        return digits.chars().allMatch(c -> c < 0x80 && Character.digit(c, 16) >= 0);
    }

    /** The number as the bytes that were most likely meant. */
    private static String example(Value value) {
        String digits = value.written().replaceFirst("^0[xX]", "");
        boolean isOne = !digits.isEmpty() && digits.length() <= 16 && isHexadecimal(digits);
        String bytes =
                !isOne ? "A5 5A" : (digits.length() % 2 == 0 ? digits : "0" + digits).replaceAll("..(?=.)", "$0 ");
        return ", such as \"" + bytes + "\"";
    }

    private static long longest(long nanosPerUnit) {
        return Math.min(999_999_999, Long.MAX_VALUE / 4 / nanosPerUnit);
    }
}
