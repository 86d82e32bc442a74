package dev.tunbridge.bridge.config;

/** A configuration that cannot work: names the key, the value and what is allowed, in one line. */
public final class ConfigException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String key;

    public ConfigException(String key, String value, String allowed) {
        super(key + ": '" + value + "' is not valid; allowed: " + allowed);
        this.key = key;
    }

    private ConfigException(String key, String message) {
        super(message);
        this.key = key;
    }

    /** A fault that no single value carries, such as an unknown or missing key. */
    public static ConfigException of(String key, String reason) {
        return new ConfigException(key, key + ": " + reason);
    }

    /** A fault whose cause says more than its words, as that of a file. */
    public static ConfigException of(String key, String reason, Throwable cause) {
        ConfigException fault = of(key, reason);
        fault.initCause(cause);
        return fault;
    }

    /** The key at fault, dotted as in {@code --set}. */
    public String key() {
        return key;
    }
}
