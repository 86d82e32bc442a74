package dev.tunbridge.protocol.plugin;

import dev.tunbridge.protocol.description.Section;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.message.MessageCodec;
import dev.tunbridge.protocol.message.MessageLayouts;
import dev.tunbridge.protocol.message.MessageMapper;
import dev.tunbridge.protocol.message.Value;
import dev.tunbridge.protocol.session.SessionScript.End;
import dev.tunbridge.protocol.session.Surroundings;
import io.netty.buffer.ByteBuf;
import java.util.Map;
import java.util.Optional;

/**
 * Payloads that a plugin changes: {@code mapper: {name: NAME, with: {KEY: text or number}}}.
 *
 * @param with what the description gives the plugin
 * @param section that asks for the plugin, so that faults have a place
 */
public record PluggedMapper(MessageMapperFactory factory, Map<String, String> with, Section section) {
    /** What a description may still say that was written before there were plugins. */
    private static final String AS_DESCRIBED = "reference";

    public PluggedMapper {
        with = Map.copyOf(with);
    }

    /** Empty where payloads are on the wire as the description lays them out. */
    public static Optional<PluggedMapper> parse(Section top, Plugins plugins) {
        if (!top.has("mapper")) {
            return Optional.empty();
        }
        if (!top.isSection("mapper") && top.text("mapper").equals(AS_DESCRIBED)) {
            return Optional.empty();
        }
        Section section = top.section("mapper");
        section.keys("name", "with");
        String name = section.text("name");
        MessageMapperFactory factory = plugins.mapper(name)
                .orElseThrow(() -> PluginTexts.unknown(section, "name", name, plugins.mapperNames()));
        return Optional.of(new PluggedMapper(factory, PluginTexts.with(section, factory::check), section));
    }

    /**
     * A codec of one connection.
     *
     * @throws dev.tunbridge.protocol.description.DescriptionException naming what of the configuration the plugin cannot use
     */
    public MessageCodec bind(
            MessageLayouts messages,
            FrameFormat format,
            End end,
            Map<String, Value> configured,
            Surroundings surroundings) {
        MessageMapper bound = PluginTexts.bound(
                section, "name", () -> factory.bind(new Binding(end, format, configured, with, surroundings)));
        return messages.codec(format, bound, factory.mostGrowthBytes());
    }

    /** Knows lengths, and no payload. */
    public MessageCodec unbound(MessageLayouts messages, FrameFormat format) {
        return messages.codec(format, new Unbound(factory.name()), factory.mostGrowthBytes());
    }

    private record Unbound(String name) implements MessageMapper {
        @Override
        public boolean maps(int type) {
            throw new IllegalStateException("the mapper " + name + " is of no connection here");
        }

        @Override
        public void toWire(int type, ByteBuf buffer, int index) {
            maps(type);
        }

        @Override
        public void fromWire(int type, ByteBuf buffer, int index) {
            maps(type);
        }

        @Override
        public boolean isStateless() {
            return false;
        }
    }
}
