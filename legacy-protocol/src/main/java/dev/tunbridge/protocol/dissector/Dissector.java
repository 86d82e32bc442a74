package dev.tunbridge.protocol.dissector;

import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.frame.TypeNumber;
import dev.tunbridge.protocol.session.SessionScript.Due;
import dev.tunbridge.protocol.session.SessionScript.End;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;

/**
 * Writes a Wireshark dissector for a protocol.
 *
 * <pre>
 *   local format = { what the description says }
 *   numbers.lua     fields, lengths of all encodings
 *   checks.lua      checks of frames, headers and blocks
 *   framing.lua     where a frame begins and ends, of each shape; masks
 *   escapes.lua     frames between marks
 *   search.lua      the search for the next one behind damage
 *   messages.lua    layouts, and what lies in front of the first frame
 *   wireshark.lua   fields, trees, inner packets
 *   stream.lua      places in the TCP stream, segments put together, the port
 * </pre>
 */
public final class Dissector {
    private static final List<String> PARTS = List.of(
            "numbers.lua",
            "checks.lua",
            "framing.lua",
            "escapes.lua",
            "search.lua",
            "messages.lua",
            "wireshark.lua",
            "stream.lua");

    /** Wireshark has protocols called hdlc and the like. */
    private static final String FILTER_PREFIX = "tb_";

    private Dissector() {}

    /**
     * The whole Lua file.
     *
     * @param port of the server, the default of the dissector's preference; 1 to 65,535
     * @throws dev.tunbridge.protocol.description.DescriptionException naming the key that a dissector cannot say
     */
    public static String of(Protocol protocol, int port) {
        if (port < 1 || port > 65_535) {
            throw new IllegalArgumentException("port is " + port + "; allowed 1 to 65535");
        }
        protocol.mapper().ifPresent(mapper -> {
            throw FrameFeatures.refused(
                    protocol.format().name(), "mapper", mapper.factory().name());
        });
        StringBuilder lua = new StringBuilder();
        lua.append("-- Wireshark dissector of the protocol ")
                .append(oneLine(protocol.format().name()))
                .append(", written by 'tunbridge dissector'. Put it into Wireshark's folder of personal Lua\n")
                .append("-- plugins (Help, About, Folders), or start with: tshark -X lua_script:FILE\n\n");
        lua.append("local format = ").append(table(protocol, port)).append("\n");
        for (String part : PARTS) {
            lua.append('\n').append(read(part));
        }
        return lua.toString();
    }

    /** The beginning of the names of its fields in display filters, without the dot. */
    public static String filterName(Protocol protocol) {
        return FILTER_PREFIX + protocol.format().name().toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9_-]", "_");
    }

    private static LuaTable table(Protocol protocol, int port) {
        LuaTable table = FrameTable.of(protocol.format());
        table.text("name", oneLine(protocol.format().name()));
        table.text("filter", filterName(protocol));
        table.text("title", "Tunbridge protocol " + oneLine(protocol.format().name()));
        table.number("port", port);
        Map<Long, String> types = new HashMap<>();
        List<LuaTable> masked = new ArrayList<>();
        for (String name : new TreeSet<>(protocol.format().types().keySet())) {
            for (TypeNumber number : protocol.format().numbers(name)) {
                types.put(Integer.toUnsignedLong(number.number()), name);
                if (number.mask() != TypeNumber.WHOLE) {
                    masked.add(new LuaTable()
                            .text("name", name)
                            .number("value", Integer.toUnsignedLong(number.number() & number.mask()))
                            .number("mask", Integer.toUnsignedLong(number.mask())));
                }
            }
        }
        table.names("types", types);
        table.list("masked_types", masked);
        table.table("messages", MessageTable.of(protocol.messages()));
        table.table(
                "prelude",
                new LuaTable()
                        .texts("client", unframed(protocol, End.CLIENT))
                        .texts("server", unframed(protocol, End.SERVER)));
        return table;
    }

    private static List<List<String>> unframed(Protocol protocol, End from) {
        return protocol.unframed(from).stream().map(Due::names).toList();
    }

    private static String oneLine(String name) {
        return name.replaceAll("\\s+", " ");
    }

    private static String read(String part) {
        try (InputStream in = Dissector.class.getResourceAsStream(part)) {
            if (in == null) {
                throw new IllegalStateException("the resource " + part + " is missing");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
