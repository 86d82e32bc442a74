package dev.tunbridge.protocol.plugin;

import dev.tunbridge.protocol.description.Section;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.message.MessageLayouts;
import dev.tunbridge.protocol.message.Value;
import dev.tunbridge.protocol.session.SessionDriver;
import dev.tunbridge.protocol.session.SessionScript.Due;
import dev.tunbridge.protocol.session.SessionScript.End;
import dev.tunbridge.protocol.session.Surroundings;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A session that a plugin drives: {@code session: {driver: NAME, with: {KEY: text or number}}}.
 *
 * @param with what the description gives the plugin
 * @param section that asks for the plugin, so that faults have a place
 */
public record PluggedDriver(SessionDriverFactory factory, Map<String, String> with, Section section) {
    public PluggedDriver {
        with = Map.copyOf(with);
    }

    /** Empty where the description says itself who says what. */
    public static Optional<PluggedDriver> parse(Section top, Plugins plugins, MessageLayouts messages) {
        if (!top.has("session") || !top.isSection("session")) {
            return Optional.empty();
        }
        Section section = top.section("session");
        if (!section.has("driver")) {
            return Optional.empty();
        }
        section.keys("driver", "with");
        String name = section.text("driver");
        SessionDriverFactory factory = plugins.driver(name)
                .orElseThrow(() -> PluginTexts.unknown(section, "driver", name, plugins.driverNames()));
        Map<String, String> with = PluginTexts.with(section, factory::check);
        List<Due> unframed = new ArrayList<>(factory.unframed(End.SERVER));
        unframed.addAll(factory.unframed(End.CLIENT));
        for (Due due : unframed) {
            for (String message : due.names()) {
                if (!messages.byName().containsKey(message) || messages.isFramed(message)) {
                    throw section.refuse(
                            "driver",
                            "is " + name + ", which expects " + message
                                    + " in front of the first frame; allowed with a message of that name that is unframed");
                }
            }
        }
        return Optional.of(new PluggedDriver(factory, with, section));
    }

    /**
     * The device's end of one connection.
     *
     * @throws dev.tunbridge.protocol.description.DescriptionException naming what of the configuration the plugin cannot use
     */
    public SessionDriver bind(FrameFormat format, Map<String, Value> configured, Surroundings surroundings) {
        return PluginTexts.bound(
                section, "driver", () -> factory.bind(new Binding(End.CLIENT, format, configured, with, surroundings)));
    }
}
