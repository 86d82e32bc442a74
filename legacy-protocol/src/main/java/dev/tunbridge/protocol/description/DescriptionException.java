package dev.tunbridge.protocol.description;

/** A description that cannot work. The message is "source: key: reason; allowed …". */
public final class DescriptionException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final String key;
    private final String reason;

    public DescriptionException(String source, String key, String reason) {
        super(key.isEmpty() ? source + ": " + reason : source + ": " + key + ": " + reason);
        this.key = key;
        this.reason = reason;
    }

    /** The key at fault as a path, such as {@code frame.length.max}; empty where it is the whole file. */
    public String key() {
        return key;
    }

    /** The same of another source. */
    public DescriptionException in(String source) {
        return new DescriptionException(source, key, reason);
    }
}
