package dev.tunbridge.protocol.message;

import dev.tunbridge.protocol.description.Section;
import dev.tunbridge.protocol.frame.Endian;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Reads the layout of one message; {@link MessageLayouts} has the grammar. */
final class LayoutParser {
    private static final int IPV4_FAMILY = 4;
    private static final int IPV6_FAMILY = 6;
    private static final int MOST_CONSTANT_BYTES = 256;
    private static final int MOST_FIXED_BYTES = 1 << 16;
    private static final int UNFRAMED_BYTES = 1024;

    /** What an item may be; the key bears its name. */
    private static final List<String> KINDS = List.of(
            "number", "choice", "flags", "family", "address", "bytes", "text", "constant", "literal", "ethernet");

    /** Fields that are addresses in every message which has them. */
    private static final String ADDRESS_SUFFIX = "-address";

    /** The hardware address follows from the IP address. */
    private static final String FROM_ADDRESS = "from-address";

    private final Section section;
    private final String type;
    private final List<LayoutItem> items = new ArrayList<>();

    private LayoutParser(Section section, String type) {
        this.section = section;
        this.type = type;
    }

    static MessageLayout parse(Section messages, String type) {
        Optional<Meaning> ownName = Meaning.of(type).filter(meaning -> meaning != Meaning.SIGNAL);
        if (messages.isList(type)) {
            return new LayoutParser(messages, type)
                    .layout(ownName.orElse(Meaning.SIGNAL), Optional.empty(), messages.sections(type));
        }
        Section section = messages.section(type);
        Meaning meaning = section.choice("means", ownName.orElse(Meaning.SIGNAL), Meaning.class);
        Optional<Unframed> unframed = section.optionalSection("unframed").map(LayoutParser::unframed);
        if (unframed.isPresent() && meaning != Meaning.SIGNAL) {
            throw section.refuse(
                    "unframed", "is a message that means " + meaning.key() + "; allowed: the session's own");
        }
        MessageLayout layout = new LayoutParser(messages, type).layout(meaning, unframed, section.sections("layout"));
        section.finish();
        return layout;
    }

    private static Unframed unframed(Section section) {
        Extent extent = extent(section);
        if (!extent.isBounded()) {
            throw section.refuse("", "has no end; allowed: one of the keys size, length, until");
        }
        int most = extent instanceof Extent.Fixed fixed ? fixed.bytes() : section.integer("max", UNFRAMED_BYTES);
        if (most < 1 || most > MOST_FIXED_BYTES) {
            throw section.refuse("max", "is " + most + "; allowed 1 to " + MOST_FIXED_BYTES);
        }
        if (extent instanceof Extent.Prefixed prefixed && most <= prefixed.size()) {
            throw section.refuse(
                    "max", "is " + most + "; allowed more than the " + prefixed.size() + " bytes of the length");
        }
        section.finish();
        return new Unframed(extent, most);
    }

    private MessageLayout layout(Meaning meaning, Optional<Unframed> unframed, List<Section> sections) {
        if (sections.size() > Slots.MOST) {
            throw section.refuse(type, "has " + sections.size() + " items; allowed " + Slots.MOST);
        }
        for (Section item : sections) {
            if (!items.isEmpty()
                    && items.get(items.size() - 1) instanceof BytesItem last
                    && !last.extent().isBounded()) {
                throw item.refuse("", "follows " + last.name() + ", which takes all that is left");
            }
            items.add(item(item, sections));
            item.finish();
        }
        MessageLayout layout = new MessageLayout(type, meaning, unframed, items);
        verify(layout);
        return layout;
    }

    private LayoutItem item(Section item, List<Section> all) {
        String kind = KINDS.stream().filter(item::has).findFirst().orElseThrow(() -> item.lacksOneOf(KINDS));
        if (kind.equals("constant")) {
            return new ConstantItem(Octets.of(item.hex(kind, MOST_CONSTANT_BYTES)), false);
        }
        if (kind.equals("literal")) {
            return new ConstantItem(literal(item), true);
        }
        if (kind.equals("ethernet")) {
            return new EthernetItem(hardwareAddress(item));
        }
        String name = item.text(kind);
        if (items.stream().anyMatch(other -> other.name().equals(name))) {
            throw item.refuse(kind, "is \"" + name + "\", which another item is named; allowed: each name once");
        }
        return switch (kind) {
            case "number" -> number(item, name);
            case "choice" -> new NamesItem(number(item, name), names(item), false);
            case "flags" -> new NamesItem(number(item, name), names(item), true);
            case "family" -> family(item, name, all);
            case "address" -> address(item, name);
            case "bytes" -> new BytesItem(name, extent(item), notation(item));
            default -> new BytesItem(name, extent(item), Optional.of(new Notation.InCharset(charset(item))));
        };
    }

    private static Octets literal(Section item) {
        byte[] bytes = item.text("literal").getBytes(StandardCharsets.UTF_8);
        if (bytes.length == 0 || bytes.length > MOST_CONSTANT_BYTES) {
            throw item.refuse("literal", "has " + bytes.length + " bytes; allowed 1 to " + MOST_CONSTANT_BYTES);
        }
        return Octets.of(bytes);
    }

    private static Optional<HardwareAddress> hardwareAddress(Section item) {
        String written = item.text("ethernet");
        if (written.equals(FROM_ADDRESS)) {
            return Optional.empty();
        }
        Optional<HardwareAddress> address =
                HardwareAddress.parse(written).filter(one -> !one.isGroup() && one.bits() != 0);
        if (address.isEmpty()) {
            throw item.refuse(
                    "ethernet",
                    "is \"" + written + "\"; allowed " + FROM_ADDRESS
                            + ", or the hardware address of one station, such as 52:54:00:12:34:56");
        }
        return address;
    }

    private static NumberItem number(Section item, String name) {
        int size = item.integer("size");
        if (size < 1 || size > Long.BYTES) {
            throw item.refuse("size", "is " + size + "; allowed 1 to 8");
        }
        Endian endian = item.choice("endian", Endian.BIG, Endian.class);
        long leastOfSize = size == Long.BYTES ? Long.MIN_VALUE : 0;
        long least = item.has("least") ? item.number("least") : leastOfSize;
        long most = item.has("most") ? item.number("most") : NumberItem.most(size);
        if (least < leastOfSize || most > NumberItem.most(size) || least > most) {
            throw item.refuse(
                    "most",
                    "with least is " + least + " to " + most + "; allowed within " + leastOfSize + " to "
                            + NumberItem.most(size));
        }
        return new NumberItem(name, size, endian, least, most);
    }

    private static Map<String, Long> names(Section item) {
        Section section = item.section("names");
        Map<String, Long> names = new LinkedHashMap<>();
        for (String name : section.names()) {
            long value = section.number(name);
            if (names.containsValue(value)) {
                throw section.refuse(name, "is " + value + ", which has another name already");
            }
            names.put(name, value);
        }
        if (names.isEmpty()) {
            throw item.refuse("names", "is empty; allowed: names with their numbers");
        }
        return names;
    }

    private static FamilyItem family(Section item, String name, List<Section> all) {
        long ipv4 = item.has("ipv4") ? item.number("ipv4") : IPV4_FAMILY;
        long ipv6 = item.has("ipv6") ? item.number("ipv6") : IPV6_FAMILY;
        String first = all.stream()
                .filter(other -> other.has("address") && name.equals(other.text("of", "")))
                .map(other -> other.text("address"))
                .findFirst()
                .orElseThrow(
                        () -> item.refuse("family", "is \"" + name + "\", but no address is of it (of: " + name + ")"));
        return new FamilyItem(number(item, name), ipv4, ipv6, first);
    }

    private AddressItem address(Section item, String name) {
        String of = item.text("of");
        if (of.equals("ipv4") || of.equals("ipv6")) {
            return new AddressItem(
                    name, AddressItem.FIXED, of.equals("ipv4") ? FamilyItem.IPV4_BYTES : FamilyItem.IPV6_BYTES);
        }
        for (int slot = 0; slot < items.size(); slot++) {
            if (items.get(slot) instanceof FamilyItem family && family.name().equals(of)) {
                return new AddressItem(name, slot, 0);
            }
        }
        throw item.refuse("of", "is \"" + of + "\"; allowed ipv4, ipv6, or the name of a family in front of it");
    }

    /** Bytes that are written as text: two digits each, of these sixteen. */
    private static Optional<Notation> notation(Section item) {
        if (!item.has("digits")) {
            return Optional.empty();
        }
        String digits = item.text("digits");
        boolean isRight = digits.length() == Notation.InDigits.BASE
                && digits.chars().distinct().count() == Notation.InDigits.BASE
                && digits.chars().allMatch(digit -> digit > ' ' && digit < 0x7f);
        if (!isRight) {
            throw item.refuse(
                    "digits", "is \"" + digits + "\"; allowed: sixteen different ones, such as 0123456789abcdef");
        }
        return Optional.of(new Notation.InDigits(digits));
    }

    private static Charset charset(Section item) {
        String name = item.text("charset", "utf-8");
        return switch (name) {
            case "utf-8" -> StandardCharsets.UTF_8;
            case "ascii" -> StandardCharsets.US_ASCII;
            case "latin-1" -> StandardCharsets.ISO_8859_1;
            default -> throw item.refuse("charset", "is \"" + name + "\"; allowed utf-8, ascii, latin-1");
        };
    }

    private static Extent extent(Section item) {
        if (item.has("size")) {
            int bytes = item.integer("size");
            if (bytes < 1 || bytes > MOST_FIXED_BYTES) {
                throw item.refuse("size", "is " + bytes + "; allowed 1 to " + MOST_FIXED_BYTES);
            }
            return new Extent.Fixed(bytes, item.has("pad") ? octet(item, "pad") : Extent.Fixed.NO_PADDING);
        }
        if (item.has("length")) {
            Section length = item.section("length");
            NumberItem number = number(length, "length");
            length.finish();
            return new Extent.Prefixed(number.size(), number.endian());
        }
        return item.has("until") ? until(item) : new Extent.Rest();
    }

    private static Extent until(Section item) {
        byte[] bytes = item.hex("until", Extent.Until.MOST_BYTES);
        if (bytes.length == 0) {
            throw item.refuse("until", "is empty; allowed: the bytes that close it, such as \"0D 0A\"");
        }
        return new Extent.Until(Octets.of(bytes));
    }

    private static int octet(Section item, String key) {
        byte[] bytes = item.hex(key, 1);
        if (bytes.length != 1) {
            throw item.refuse(key, "is empty; allowed: one hexadecimal byte");
        }
        return bytes[0] & 0xff;
    }

    // What each meaning asks for

    private void verify(MessageLayout layout) {
        Meaning meaning = layout.meaning();
        int ethernet = layout.slotOfEthernet();
        if (ethernet != MessageLayout.NO_SLOT && (meaning != Meaning.PACKET || ethernet != items.size() - 2)) {
            throw section.refuse(
                    type, "has an Ethernet header; allowed just in front of the content of what means packet");
        }
        if (meaning == Meaning.SIGNAL) {
            return;
        }
        for (LayoutItem item : items) {
            if (item.isField() && !meaning.fields().contains(item.name())) {
                throw section.refuse(
                        type,
                        "has the field " + item.name() + "; a message that means " + meaning.key() + " has "
                                + String.join(", ", meaning.fields()));
            }
        }
        for (String field : meaning.fields()) {
            int slot = layout.slot(field);
            if (slot == MessageLayout.NO_SLOT) {
                throw section.refuse(type, "lacks the field " + field + ", which means " + meaning.key());
            }
            verifyKind(field, items.get(slot));
        }
        if (layout.isSegment()) {
            verifyAddresses(layout);
        }
        for (LayoutItem item : items) {
            boolean isContent = item.name().equals(Meaning.CONTENT);
            if (meaning.fields().contains(Meaning.CONTENT) && !isContent && item.sizeBytes(0) == LayoutItem.VARIABLE) {
                throw section.refuse(
                        type, "has an item " + item.name() + " without a size of its own in front of its content");
            }
        }
        if (meaning.fields().contains(Meaning.CONTENT)
                && !Meaning.CONTENT.equals(items.get(items.size() - 1).name())) {
            throw section.refuse(type, "has items behind its content; allowed in front of it");
        }
    }

    /** Those of a packet are of one family. */
    private void verifyAddresses(MessageLayout layout) {
        AddressItem client = (AddressItem) items.get(layout.slot(Meaning.CLIENT_ADDRESS));
        AddressItem device = (AddressItem) items.get(layout.slot(Meaning.DEVICE_ADDRESS));
        boolean areFixed = client.familySlot() == AddressItem.FIXED && device.familySlot() == AddressItem.FIXED;
        if (areFixed && client.fixedBytes() != device.fixedBytes()) {
            throw section.refuse(
                    type, "has addresses of two families, which no packet has; allowed ipv4 or ipv6 for both");
        }
    }

    private void verifyKind(String field, LayoutItem item) {
        Class<?> wanted = switch (field) {
            case "content" -> BytesItem.class;
            case "status", "how" -> NamesItem.class;
            default -> field.endsWith(ADDRESS_SUFFIX) ? AddressItem.class : NumberItem.class;
        };
        boolean isRight = wanted.isInstance(item)
                && !(item instanceof NamesItem names && names.isFlags())
                && !(item instanceof BytesItem bytes
                        && (bytes.extent().isBounded() || bytes.notation().isPresent()));
        if (!isRight) {
            throw section.refuse(type, "has a field " + field + " of the wrong kind; allowed " + allowed(wanted));
        }
        if (item instanceof NamesItem names) {
            verifyNames(field, names);
        }
    }

    /** What the bridge has no meaning for can neither be understood nor said. */
    private void verifyNames(String field, NamesItem item) {
        List<String> known = field.equals("status") ? Message.OpenStatus.keys() : Message.CloseHow.keys();
        for (String name : new TreeSet<>(item.names().keySet())) {
            if (!known.contains(name)) {
                throw section.refuse(
                        type, "names \"" + name + "\" in " + field + "; allowed " + String.join(", ", known));
            }
        }
    }

    private static String allowed(@Nullable Class<?> wanted) {
        if (wanted == BytesItem.class) {
            return "bytes: all that is left";
        }
        if (wanted == NamesItem.class) {
            return "choice";
        }
        return wanted == AddressItem.class ? "address" : "number";
    }
}
