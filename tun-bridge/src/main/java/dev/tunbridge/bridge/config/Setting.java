package dev.tunbridge.bridge.config;

import java.util.Objects;

/**
 * One configuration key.
 *
 * @param key dotted name, as in a file's nesting or in {@code --set}
 * @param type how the value is read and written
 * @param defaultValue the value where nothing is said, in the same text form that a user would write
 * @param description one sentence for {@code --help} and the reference page
 * @param reload what it takes for a changed value to count
 * @param isSecret whether nobody may be told the value
 */
public record Setting<T>(
        String key, SettingType<T> type, String defaultValue, String description, Reload reload, boolean isSecret) {

    /** What it takes for a changed value to count. */
    public enum Reload {
        /** A reload: the session and all that travels in it go on. */
        LIVE("at once"),
        /** A reload, which takes the tunnel down and sets it up anew. */
        SESSION("with a new session"),
        /** The next start of the service; a reload says so. */
        START("at the next start");

        private final String words;

        Reload(String words) {
            this.words = words;
        }

        /** When it counts, in words. */
        public String words() {
            return words;
        }
    }

    Setting(String key, SettingType<T> type, String defaultValue, String description) {
        this(key, type, defaultValue, description, Reload.SESSION, false);
    }

    public Setting {
        Objects.requireNonNull(key);
        // A default that its own type refuses is a programming error: find it when the class loads.
        type.parse(key, defaultValue, defaultValue);
    }

    public T parse(String text) {
        return type.parse(key, text, isSecret ? "what is not shown" : text);
    }
}
