package dev.tunbridge.protocol.dissector;

import dev.tunbridge.protocol.description.DescriptionException;
import dev.tunbridge.protocol.frame.Endian;
import dev.tunbridge.protocol.message.AddressItem;
import dev.tunbridge.protocol.message.BytesItem;
import dev.tunbridge.protocol.message.ConstantItem;
import dev.tunbridge.protocol.message.EthernetItem;
import dev.tunbridge.protocol.message.Extent;
import dev.tunbridge.protocol.message.FamilyItem;
import dev.tunbridge.protocol.message.LayoutItem;
import dev.tunbridge.protocol.message.MessageLayout;
import dev.tunbridge.protocol.message.MessageLayouts;
import dev.tunbridge.protocol.message.NamesItem;
import dev.tunbridge.protocol.message.Notation;
import dev.tunbridge.protocol.message.NumberItem;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What {@code messages.lua} has to know of the layouts. */
final class MessageTable {
    private MessageTable() {}

    static LuaTable of(MessageLayouts layouts) {
        LuaTable table = new LuaTable();
        layouts.byName().forEach((name, layout) -> table.table(name, message(layout)));
        return table;
    }

    private static LuaTable message(MessageLayout layout) {
        LuaTable table = new LuaTable().text("means", layout.meaning().key());
        layout.unframed()
                .ifPresent(unframed -> table.table(
                        "unframed",
                        new LuaTable()
                                .table("extent", extent(layout.name() + ".unframed", unframed.extent()))
                                .number("most", unframed.mostBytes())));
        List<LuaTable> items = new ArrayList<>();
        for (int slot = 0; slot < layout.items().size(); slot++) {
            LuaTable item = item(layout.name(), layout.items().get(slot), slot);
            String name = layout.items().get(slot).name();
            if (!name.isEmpty()) {
                item.text("name", name);
            }
            items.add(item);
        }
        return table.list("items", items);
    }

    private static LuaTable item(String message, LayoutItem item, int slot) {
        if (item instanceof NumberItem number) {
            return number(number).text("kind", "number");
        } else if (item instanceof NamesItem names) {
            LuaTable table = number(names.number());
            return names.isFlags()
                    ? table.text("kind", "flags").numbers("names", names.names())
                    : table.text("kind", "choice").names("names", byNumber(names.names()));
        } else if (item instanceof FamilyItem family) {
            return number(family.number())
                    .text("kind", "family")
                    .number("ipv4", family.ipv4())
                    .number("ipv6", family.ipv6())
                    .number("slot", slot);
        } else if (item instanceof AddressItem address) {
            LuaTable table = new LuaTable().text("kind", "address");
            return address.familySlot() == AddressItem.FIXED
                    ? table.number("bytes", address.fixedBytes())
                    : table.number("family", address.familySlot());
        } else if (item instanceof BytesItem bytes) {
            return bytes(message + "." + item.name(), bytes);
        } else if (item instanceof ConstantItem constant) {
            return new LuaTable()
                    .text("kind", "constant")
                    .octets("octets", constant.octets().toByteArray());
        }
        if (item instanceof EthernetItem) {
            return new LuaTable().text("kind", "ethernet").number("bytes", EthernetItem.BYTES);
        }
        throw refused(message + "." + item.name(), item);
    }

    private static LuaTable number(NumberItem number) {
        LuaTable table = new LuaTable()
                .number("size", number.size())
                .flag("little", number.endian() == Endian.LITTLE)
                .number("least", number.least());
        return number.most() == Long.MAX_VALUE ? table : table.number("most", number.most());
    }

    private static Map<Long, String> byNumber(Map<String, Long> names) {
        Map<Long, String> byNumber = new HashMap<>();
        names.forEach((name, number) -> byNumber.put(number, name));
        return byNumber;
    }

    private static LuaTable bytes(String item, BytesItem bytes) {
        LuaTable table = new LuaTable().table("extent", extent(item, bytes.extent()));
        if (bytes.notation().isPresent()) {
            Notation notation = bytes.notation().get();
            if (notation instanceof Notation.InDigits digits) {
                return table.text("kind", "bytes").text("digits", digits.digits());
            }
            if (notation instanceof Notation.InCharset) {
                return table.text("kind", "text");
            }
            throw refused(item, notation);
        }
        return table.text("kind", "bytes");
    }

    private static LuaTable extent(String item, Extent extent) {
        LuaTable table = new LuaTable();
        if (extent instanceof Extent.Fixed fixed) {
            table.text("kind", "fixed").number("bytes", fixed.bytes());
            return fixed.padding() == Extent.Fixed.NO_PADDING ? table : table.number("pad", fixed.padding());
        } else if (extent instanceof Extent.Prefixed prefixed) {
            return table.text("kind", "prefixed")
                    .number("size", prefixed.size())
                    .flag("little", prefixed.endian() == Endian.LITTLE);
        } else if (extent instanceof Extent.Until until) {
            return table.text("kind", "until")
                    .octets("delimiter", until.delimiter().toByteArray());
        } else if (extent instanceof Extent.Rest) {
            return table.text("kind", "rest");
        }
        throw refused(item, extent);
    }

    private static DescriptionException refused(String item, Object what) {
        return new DescriptionException(
                "messages",
                item,
                "is " + what.getClass().getSimpleName()
                        + ", which no dissector can be written for; allowed: any other item");
    }
}
