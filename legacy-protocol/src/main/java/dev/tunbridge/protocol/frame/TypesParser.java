package dev.tunbridge.protocol.frame;

import dev.tunbridge.protocol.description.Section;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads which numbers the types of frames have.
 *
 * <pre>
 *   types:
 *     NAME: 0x21                              one number
 *     NAME: {number: 0x30, mask: 0xF0}        all with these bits; written as it stands
 *     NAME: [0x21, {number: 0x30, mask: …}]   many, of which the first is written
 *     NAME: {ipv4: 0x21, ipv6: 0x57}          by the IP packet's version
 * </pre>
 */
final class TypesParser {
    private static final int MOST_NUMBERS = 64;

    private TypesParser() {}

    /** By name, the first that is written in front. */
    static Map<String, List<TypeNumber>> parse(Section types) {
        Map<String, List<TypeNumber>> numbers = new LinkedHashMap<>();
        if (types.names().isEmpty()) {
            throw types.refuse("", "is empty; allowed: names of messages with their numbers");
        }
        for (String name : types.names()) {
            numbers.put(name, numbers(types, name));
        }
        return numbers;
    }

    private static List<TypeNumber> numbers(Section types, String name) {
        if (types.isList(name)) {
            Section items = types.items(name);
            int count = items.names().size();
            if (count == 0 || count > MOST_NUMBERS) {
                throw types.refuse(name, "has " + count + " numbers; allowed 1 to " + MOST_NUMBERS);
            }
            List<TypeNumber> all = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                all.add(number(items, "[" + i + "]"));
            }
            return all;
        }
        if (types.isSection(name)) {
            Section section = types.section(name);
            if (section.has("ipv4") || section.has("ipv6")) {
                section.keys("ipv4", "ipv6");
                return List.of(
                        new TypeNumber(section.unsigned("ipv4"), TypeNumber.WHOLE, TypeNumber.Family.IPV4),
                        new TypeNumber(section.unsigned("ipv6"), TypeNumber.WHOLE, TypeNumber.Family.IPV6));
            }
        }
        return List.of(number(types, name));
    }

    private static TypeNumber number(Section section, String key) {
        if (!section.isSection(key)) {
            return TypeNumber.of(section.unsigned(key));
        }
        Section masked = section.section(key);
        masked.keys("number", "mask");
        return new TypeNumber(masked.unsigned("number"), masked.unsigned("mask"), TypeNumber.Family.ANY);
    }
}
