package dev.tunbridge.protocol.message;

import io.netty.buffer.ByteBuf;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A number whose values have names: one of them, or, as flags, those whose bits are set. Flags without a name are passed over, since a newer peer
 * may have more.
 */
public record NamesItem(NumberItem number, Map<String, Long> names, boolean isFlags) implements LayoutItem {
    public NamesItem {
        names = Map.copyOf(names);
    }

    @Override
    public String name() {
        return number.name();
    }

    @Override
    public void read(PayloadReader in, Slots slots, int slot) throws MalformedMessageException {
        number.read(in, slots, slot);
        if (!isFlags && nameOf(slots.numbers[slot]) == null) {
            throw in.malformed(name(), "is " + slots.numbers[slot] + "; allowed " + allowed());
        }
    }

    private @Nullable String nameOf(long value) {
        for (Map.Entry<String, Long> entry : names.entrySet()) {
            if (entry.getValue() == value) {
                return entry.getKey();
            }
        }
        return null;
    }

    private String allowed() {
        Map<Long, String> byNumber = new TreeMap<>();
        names.forEach((name, value) -> byNumber.put(value, name));
        return byNumber.entrySet().stream()
                .map(entry -> entry.getKey() + " (" + entry.getValue() + ")")
                .collect(Collectors.joining(", "));
    }

    @Override
    public Value value(ByteBuf buffer, Slots slots, int slot) {
        long value = slots.numbers[slot];
        if (!isFlags) {
            return new Value.Text(String.valueOf(nameOf(value)));
        }
        Set<String> set = new HashSet<>();
        names.forEach((name, bits) -> {
            if ((value & bits) == bits) {
                set.add(name);
            }
        });
        return new Value.Names(set);
    }

    @Override
    public void write(Map<String, Value> fields, ByteBuf out) {
        long value = 0;
        if (isFlags) {
            for (String flag :
                    LayoutItem.require(fields, name(), Value.Names.class).names()) {
                value |= numberOf(flag);
            }
        } else {
            value = numberOf(
                    LayoutItem.require(fields, name(), Value.Text.class).text());
        }
        number.write(value, out);
    }

    private long numberOf(String wanted) {
        Long value = names.get(wanted);
        if (value == null) {
            throw new IllegalArgumentException(name() + " is " + wanted + "; allowed " + allowed());
        }
        return value;
    }

    @Override
    public int sizeBytes(int addressBytes) {
        return number.size();
    }
}
