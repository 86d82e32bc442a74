package dev.tunbridge.protocol.dissector;

import dev.tunbridge.protocol.frame.BitField;
import dev.tunbridge.protocol.frame.BytePattern;
import dev.tunbridge.protocol.frame.Check;
import dev.tunbridge.protocol.frame.ChecksumAlgorithm;
import dev.tunbridge.protocol.frame.Endian;
import dev.tunbridge.protocol.frame.Escape;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.frame.HeaderField;
import dev.tunbridge.protocol.frame.LengthField;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** What {@code framing.lua} has to know of a format: all that is read of one is read here. */
final class FrameTable {
    private FrameTable() {}

    /** @throws dev.tunbridge.protocol.description.DescriptionException naming what of the format has no Lua */
    static LuaTable of(FrameFormat format) {
        FrameFeatures.verify(format);
        LuaTable table = new LuaTable();
        table.flag("can_resynchronise", format.canResynchronise());
        table.flag("shares_flag", format.mayShareFlag());
        List<FrameFormat> shapes = format.shapes().isEmpty() ? List.of(format) : format.shapes();
        table.list("shapes", shapes.stream().map(FrameTable::shape).toList());
        if (format.escape() != Escape.NONE) {
            table.table("escape", escape(format));
        }
        return table;
    }

    private static LuaTable shape(FrameFormat format) {
        LuaTable table = new LuaTable();
        table.number("head", format.payloadAt());
        table.number("tail", format.tailBytes());
        table.number("most", format.maxPayloadBytes());
        table.number("length_bias", format.lengthBias());
        table.number("only_type", Integer.toUnsignedLong(format.onlyType()));
        table.flag("is_searched", format.canResynchronise());
        table.list("sync", pattern(format.sync()));
        table.list("trailer", pattern(format.trailer()));
        table.list("constants", constants(format));
        table.list(
                "fields",
                format.fields().stream()
                        .map(field -> bits(field.bits()).text("name", field.name()))
                        .toList());
        format.typing()
                .inPayload()
                .ifPresent(type ->
                        table.table("payload_type", bits(type.bits()).number("stripped", type.strippedBytes())));
        format.length().ifPresent(length -> table.table("length", length(length)));
        format.check().ifPresent(check -> table.table("check", check(format.name(), "frame.check", check)));
        format.headerCheck()
                .ifPresent(check -> table.table("header_check", check(format.name(), "frame.headerCheck", check)));
        format.mask()
                .ifPresent(mask -> table.table("mask", flag(format, mask.when()).number("key_bytes", mask.keyBytes())));
        format.signature()
                .ifPresent(signature -> table.table(
                        "signature", flag(format, signature.when()).number("bytes", signature.sizeBytes())));
        return table;
    }

    /** The bit of the header that brings a part. */
    private static LuaTable flag(FrameFormat format, String when) {
        int index = format.fieldIndex(when).orElseThrow();
        return bits(format.fields().get(index).bits());
    }

    private static List<LuaTable> pattern(BytePattern pattern) {
        List<LuaTable> bytes = new ArrayList<>();
        for (int at = 0; at < pattern.sizeBytes(); at++) {
            bytes.add(masked(at, pattern.byteAt(at), pattern.maskAt(at)));
        }
        return bytes;
    }

    private static LuaTable masked(int at, int value, int mask) {
        return new LuaTable().number("at", at).number("value", value).number("mask", mask);
    }

    /** As bytes under a mask, since a constant may have more bits than Lua's numbers. */
    private static List<LuaTable> constants(FrameFormat format) {
        Map<Integer, int[]> valueAndMask = new TreeMap<>();
        for (HeaderField field : format.fields()) {
            field.value().ifPresent(value -> {
                for (int bit = 0; bit < field.bits().bits(); bit++) {
                    int place = field.bits().frameBit(bit);
                    int[] octet = valueAndMask.computeIfAbsent(place / Byte.SIZE, at -> new int[2]);
                    octet[0] |= (int) (value >>> bit & 1) << place % Byte.SIZE;
                    octet[1] |= 1 << place % Byte.SIZE;
                }
            });
        }
        List<LuaTable> constants = new ArrayList<>();
        valueAndMask.forEach((at, octet) -> constants.add(masked(at, octet[0], octet[1])));
        return constants;
    }

    private static LuaTable bits(BitField field) {
        return new LuaTable()
                .number("at", field.at())
                .number("size", field.size())
                .flag("little", field.endian() == Endian.LITTLE)
                .number("shift", field.shift())
                .number("bits", field.bits());
    }

    private static LuaTable length(LengthField length) {
        LuaTable table = bits(length.bits())
                .text(
                        "encoding",
                        switch (length.encoding()) {
                            case BINARY -> "binary";
                            case BCD -> "bcd";
                            case ASCII_HEX -> "ascii-hex";
                            case ASCII_DECIMAL -> "ascii-decimal";
                            case VARINT -> "varint";
                            case STAGED -> "staged";
                        })
                .flag("grows", length.isGrowing());
        if (length.until().sizeBytes() > 0) {
            table.list("until", pattern(length.until()));
        }
        length.repeatedAt().ifPresent(at -> table.number("repeated_at", at));
        return table;
    }

    private static LuaTable check(String name, String key, Check check) {
        LuaTable table = new LuaTable();
        ChecksumAlgorithm algorithm = check.algorithm();
        if (algorithm instanceof ChecksumAlgorithm.Crc crc) {
            table.text("algorithm", "crc")
                    .number("width", crc.width())
                    .number("poly", Integer.toUnsignedLong(crc.poly()))
                    .number("init", Integer.toUnsignedLong(crc.init()))
                    .flag("refin", crc.refin())
                    .flag("refout", crc.refout())
                    .number("xorout", Integer.toUnsignedLong(crc.xorout()));
        } else if (algorithm instanceof ChecksumAlgorithm.Sum sum) {
            table.text("algorithm", "sum")
                    .number("init", sum.init())
                    .text("complement", sum.complement().name().toLowerCase(Locale.ROOT));
        } else if (algorithm instanceof ChecksumAlgorithm.Xor xor) {
            table.text("algorithm", "xor").number("init", xor.init());
        } else if (algorithm instanceof ChecksumAlgorithm.Fletcher fletcher) {
            table.text("algorithm", "fletcher")
                    .number("modulus", fletcher.modulus())
                    .number("init", fletcher.init());
        } else {
            throw FrameFeatures.refused(
                    name, key + ".algorithm", algorithm.getClass().getSimpleName());
        }
        if (!check.extra().isEmpty()) {
            LuaTable extra = new LuaTable();
            new TreeMap<>(check.extra()).forEach(extra::numberAt);
            table.table("extra", extra);
        }
        return table.number("size", algorithm.sizeBytes())
                .number("every", check.every())
                .flag("in_digits", check.encoding() == Check.Encoding.ASCII_HEX)
                .list("separator", pattern(check.separator()))
                .flag("little", check.endian() == Endian.LITTLE)
                .table("from", position(check.from()))
                .table("to", position(check.to()))
                .table("at", position(check.at()));
    }

    private static LuaTable position(Check.Position position) {
        return new LuaTable().flag("behind_payload", position.atPayloadEnd()).number("bytes", position.bytes());
    }

    private static LuaTable escape(FrameFormat format) {
        LuaTable table = new LuaTable()
                .text("kind", format.escape().name().toLowerCase(Locale.ROOT))
                .number("longest", format.maxFrameBytes());
        switch (format.escape()) {
            case NONE -> throw new IllegalStateException(format.escape() + " is no escape");
            case END -> table.number("delimiter", format.end().orElseThrow());
            case HDLC -> table.number("delimiter", 0x7E).octets("mark", new byte[] {0x7D});
            case SLIP ->
                table.number("delimiter", 0xC0)
                        .octets("mark", new byte[] {(byte) 0xDB})
                        .table("originals", originals(Map.of(0xDC, 0xC0, 0xDD, 0xDB)));
            case COBS -> table.number("delimiter", 0);
            case DLE, SML -> {}
        }
        return table;
    }

    private static LuaTable originals(Map<Integer, Integer> originals) {
        LuaTable table = new LuaTable();
        new TreeMap<>(originals).forEach(table::numberAt);
        return table;
    }
}
