package dev.tunbridge.protocol.dissector;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** A table constructor of Lua, in the making. What is written is read alike by Lua 5.1 to 5.4. */
final class LuaTable {
    private static final String INDENT = "  ";

    private final StringBuilder entries = new StringBuilder();

    LuaTable number(String key, long value) {
        return raw(key, Long.toString(value));
    }

    LuaTable flag(String key, boolean value) {
        return raw(key, Boolean.toString(value));
    }

    LuaTable text(String key, String value) {
        return raw(key, quoted(value.getBytes(StandardCharsets.UTF_8)));
    }

    LuaTable octets(String key, byte[] value) {
        return raw(key, quoted(value));
    }

    LuaTable table(String key, LuaTable value) {
        return raw(key, value.toString());
    }

    LuaTable list(String key, List<LuaTable> values) {
        return raw(key, braced(values.stream().map(LuaTable::toString).toList()));
    }

    /** Lists of texts in a list. */
    LuaTable texts(String key, List<List<String>> values) {
        return raw(
                key,
                braced(values.stream()
                        .map(texts -> braced(texts.stream()
                                .map(text -> quoted(text.getBytes(StandardCharsets.UTF_8)))
                                .toList()))
                        .toList()));
    }

    /** Names by their numbers, in the order of the numbers. */
    LuaTable names(String key, Map<Long, String> names) {
        return raw(
                key,
                braced(new TreeMap<>(names)
                        .entrySet().stream()
                                .map(entry -> "[" + entry.getKey() + "] = "
                                        + quoted(entry.getValue().getBytes(StandardCharsets.UTF_8)))
                                .toList()));
    }

    /** Numbers by their names. */
    LuaTable numbers(String key, Map<String, Long> numbers) {
        LuaTable table = new LuaTable();
        new TreeMap<>(numbers).forEach(table::number);
        return table(key, table);
    }

    /** Under a number, 32 bits without a sign. */
    LuaTable numberAt(int key, long value) {
        return entry(Integer.toUnsignedString(key), Long.toString(value));
    }

    private LuaTable raw(String key, String value) {
        return entry(quoted(key.getBytes(StandardCharsets.UTF_8)), value);
    }

    private LuaTable entry(String key, String value) {
        entries.append('[').append(key).append("] = ").append(value).append(",\n");
        return this;
    }

    private static String braced(List<String> values) {
        return values.isEmpty() ? "{}" : values.stream().collect(Collectors.joining(", ", "{ ", " }"));
    }

    /** As {@code \ddd} what is not printable in ASCII: {@code \xhh} is of Lua 5.2. */
    private static String quoted(byte[] octets) {
        StringBuilder text = new StringBuilder("\"");
        for (byte next : octets) {
            int octet = next & 0xff;
            boolean isPlain = octet >= ' ' && octet < 0x7f && octet != '"' && octet != '\\';
            text.append(isPlain ? String.valueOf((char) octet) : String.format("\\%03d", octet));
        }
        return text.append('"').toString();
    }

    @Override
    public String toString() {
        return "{\n" + entries.toString().indent(INDENT.length()) + "}";
    }
}
