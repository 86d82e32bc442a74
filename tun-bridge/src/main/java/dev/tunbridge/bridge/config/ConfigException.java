package dev.tunbridge.bridge.config;

import dev.tunbridge.protocol.description.DescriptionException;

/**
 * A configuration that cannot work: names the key, the value and what is allowed, in one line. Of a file that line begins with
 * the place, and below it stands the line at fault.
 */
public final class ConfigException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String key;
    private final String reason;

    public ConfigException(String key, String value, String allowed) {
        this(key, "'" + value + "' is not valid; allowed: " + allowed);
    }

    private ConfigException(String key, String reason) {
        super(key + ": " + reason);
        this.key = key;
        this.reason = reason;
    }

    private ConfigException(DescriptionException fault) {
        super(withoutSecrets(String.valueOf(fault.getMessage())), fault);
        key = fault.key();
        reason = fault.reason();
    }

    private static String withoutSecrets(String message) {
        int excerpt = message.indexOf('\n');
        return excerpt < 0 ? message : message.substring(0, excerpt) + Secrets.scrub(message.substring(excerpt));
    }

    /** A fault that no single value carries, such as an unknown or missing key. */
    public static ConfigException of(String key, String reason) {
        return new ConfigException(key, reason);
    }

    /** A fault whose cause says more than its words, as that of a file. */
    public static ConfigException of(String key, String reason, Throwable cause) {
        ConfigException fault = of(key, reason);
        fault.initCause(cause);
        return fault;
    }

    /** A fault with its place in a file. What secrets the line shown has are made unreadable. */
    static ConfigException of(DescriptionException fault) {
        return new ConfigException(fault);
    }

    /** The key at fault, dotted as in {@code --set}. */
    public String key() {
        return key;
    }

    /** What is wrong with it, and what is allowed, without its place. */
    public String reason() {
        return reason;
    }
}
