package dev.tunbridge.protocol.plugin;

import dev.tunbridge.protocol.description.DescriptionException;
import dev.tunbridge.protocol.description.Section;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** What a description says to a plugin. */
final class PluginTexts {
    private PluginTexts() {}

    /** The section's {@code with}, which the plugin has looked at. */
    static Map<String, String> with(Section section, Consumer<Map<String, String>> check) {
        Map<String, String> with = new TreeMap<>();
        section.optionalSection("with")
                .ifPresent(given -> given.names().forEach(key -> with.put(key, given.scalar(key))));
        try {
            check.accept(with);
        } catch (IllegalArgumentException e) {
            throw section.refuse("with", String.valueOf(e.getMessage()));
        }
        return with;
    }

    /** What the plugin makes for one connection; what it cannot use is told at the place that asks for it. */
    static <P> P bound(Section section, String key, Supplier<P> bind) {
        try {
            return bind.get();
        } catch (IllegalArgumentException e) {
            DescriptionException fault = section.refuse(
                    key, "is \"" + section.text(key) + "\", which cannot use this configuration: " + e.getMessage());
            fault.initCause(e);
            throw fault;
        }
    }

    static DescriptionException unknown(Section section, String key, String name, Set<String> known) {
        String allowed = known.isEmpty() ? "none, as there is no such plugin" : String.join(", ", known);
        return section.refuse(
                key,
                "is \"" + name + "\"; allowed: " + allowed + " (a plugin's JAR is loaded by --plugin, or plugins:)");
    }
}
