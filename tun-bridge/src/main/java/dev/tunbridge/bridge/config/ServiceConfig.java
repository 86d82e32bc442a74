package dev.tunbridge.bridge.config;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The configuration of a service: its own settings, and its tunnels by name. Immutable. */
public final class ServiceConfig {
    private final Map<String, String> texts;
    private final Map<String, TunnelConfig> tunnels = new LinkedHashMap<>();

    /**
     * @param texts of the service's own keys, each of them known
     * @param tunnels each with another name
     */
    ServiceConfig(Map<String, String> texts, Collection<TunnelConfig> tunnels) {
        this.texts = Map.copyOf(texts);
        for (Setting<?> setting : ServiceSettings.all()) {
            setting.parse(text(setting));
        }
        tunnels.forEach(tunnel -> this.tunnels.put(tunnel.name(), tunnel));
    }

    public <T> T get(Setting<T> setting) {
        return setting.parse(text(setting));
    }

    /** The value in the form that a user would write. */
    public String text(Setting<?> setting) {
        return texts.getOrDefault(setting.key(), setting.defaultValue());
    }

    /** In the order of the files. */
    public List<TunnelConfig> tunnels() {
        return List.copyOf(tunnels.values());
    }
}
