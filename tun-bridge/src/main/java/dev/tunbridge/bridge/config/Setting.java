package dev.tunbridge.bridge.config;

import java.util.Objects;

/**
 * One configuration key.
 *
 * @param key dotted name, as in a file's nesting or in {@code --set}
 * @param type how the value is read and written
 * @param defaultValue the value where nothing is said, in the same text form that a user would write
 * @param description one sentence for {@code --help} and the reference page
 */
public record Setting<T>(String key, SettingType<T> type, String defaultValue, String description) {

    public Setting {
        Objects.requireNonNull(key);
        // A default that its own type refuses is a programming error: find it when the class loads.
        type.parse(key, defaultValue);
    }

    public T parse(String text) {
        return type.parse(key, text);
    }
}
