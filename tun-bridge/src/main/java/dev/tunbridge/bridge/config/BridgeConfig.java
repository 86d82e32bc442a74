package dev.tunbridge.bridge.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** One immutable configuration: a value for each {@link Setting}, the default where nothing was said. */
public final class BridgeConfig {
    private static final int SHARED = 8;
    private static final int LEAST_SHARE_BYTES = 128 * 1024;
    /** A table of so many clients takes as much memory. */
    private static final int LEAST_SHARE_CLIENTS = 1024;

    private static final BridgeConfig DEFAULTS = new BridgeConfig(Map.of());

    private final Map<String, String> texts;
    private final Map<String, Object> values;
    private final Mode mode;

    private BridgeConfig(Map<String, String> texts) {
        this.texts = Map.copyOf(texts);
        mode = Settings.MODE.parse(texts.getOrDefault(Settings.MODE.key(), Settings.MODE.defaultValue()));
        Map<String, Object> parsed = new LinkedHashMap<>();
        for (Setting<?> setting : Settings.all()) {
            parsed.put(setting.key(), setting.parse(text(setting)));
        }
        this.values = parsed;
        if (get(Settings.RECONNECT_FIRST) > get(Settings.RECONNECT_MOST)) {
            throw new ConfigException(
                    Settings.RECONNECT_FIRST.key(),
                    text(Settings.RECONNECT_FIRST),
                    "no more than " + Settings.RECONNECT_MOST.key() + ", " + text(Settings.RECONNECT_MOST));
        }
    }

    public static BridgeConfig defaults() {
        return DEFAULTS;
    }

    /** A copy with one more key set; throws {@link ConfigException} for an unknown key or a value not allowed. */
    public BridgeConfig with(String key, String value) {
        return with(Map.of(key, value));
    }

    /** A copy with these keys set over what is there. */
    public BridgeConfig with(Map<String, String> changes) {
        changes.keySet().forEach(Settings::byKey);
        Map<String, String> merged = new LinkedHashMap<>(texts);
        merged.putAll(changes);
        return new BridgeConfig(merged);
    }

    /** A copy in which this key is not set. */
    BridgeConfig without(Setting<?> setting) {
        Map<String, String> left = new LinkedHashMap<>(texts);
        left.remove(setting.key());
        return new BridgeConfig(left);
    }

    /** The keys whose values differ from those of another configuration, in the order of the reference page. */
    public List<Setting<?>> changedFrom(BridgeConfig other) {
        List<Setting<?>> changed = new ArrayList<>();
        for (Setting<?> setting : Settings.all()) {
            if (!text(setting).equals(other.text(setting))) {
                changed.add(setting);
            }
        }
        return changed;
    }

    /**
     * The same for one of so many tunnels of a process, which share what a single one may take eight times: rings, held
     * bytes, queue and the table of mapped clients are as much smaller, from the eighth on, and never below 128 KiB. What somebody has set stays.
     */
    public BridgeConfig oneOf(int tunnels) {
        Map<String, String> shares = new LinkedHashMap<>();
        for (Setting<Integer> setting :
                List.of(Settings.CAPTURE_RING_BYTES, Settings.RECOVERY_HELD_BYTES, Settings.QUEUE_BYTES)) {
            int whole = get(setting);
            int share = Integer.highestOneBit((int) Math.min(whole, SHARED * (long) whole / tunnels));
            if (!isSet(setting) && share < whole) {
                shares.put(setting.key(), String.valueOf(Math.max(LEAST_SHARE_BYTES, share)));
            }
        }
        int clients = get(Settings.MAPPING_ENTRIES);
        if (!isSet(Settings.MAPPING_ENTRIES) && tunnels > SHARED) {
            shares.put(
                    Settings.MAPPING_ENTRIES.key(),
                    String.valueOf(Math.max(LEAST_SHARE_CLIENTS, SHARED * clients / tunnels)));
        }
        return with(shares);
    }

    @SuppressWarnings("unchecked") // the constructor put there what this very setting parsed
    public <T> T get(Setting<T> setting) {
        Object value = values.get(setting.key());
        if (value == null) {
            throw new IllegalArgumentException("not a registered setting: " + setting.key());
        }
        return (T) value;
    }

    /** The server, where one is needed. */
    public Endpoint server() {
        return get(Settings.SERVER)
                .orElseThrow(() -> ConfigException.of(
                        Settings.SERVER.key(),
                        "is missing; allowed: HOST:PORT (--server, or server: in the configuration)"));
    }

    /** Whether somebody said it, as opposed to the default. */
    public boolean isSet(Setting<?> setting) {
        return texts.containsKey(setting.key());
    }

    /** The value in the form that a user would write. */
    public String text(Setting<?> setting) {
        return texts.getOrDefault(setting.key(), Settings.defaultValue(setting, mode));
    }
}
