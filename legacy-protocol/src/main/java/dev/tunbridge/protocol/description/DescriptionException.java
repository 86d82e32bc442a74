package dev.tunbridge.protocol.description;

/**
 * A description that cannot work. The message is "source:line:column: key: reason; allowed …", complete in its first line; below
 * stands the line of the file with a caret, where it is known.
 */
public final class DescriptionException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final String key;
    private final String reason;
    private final int line;
    private final int column;

    /** A fault of a description whose lines are not known, such as one that was never written down. */
    public DescriptionException(String source, String key, String reason) {
        super(key.isEmpty() ? source + ": " + reason : source + ": " + key + ": " + reason);
        this.key = key;
        this.reason = reason;
        this.line = 0;
        this.column = 0;
    }

    DescriptionException(Text.Place place, String key, String reason) {
        super(place.position() + ": " + (key.isEmpty() ? "" : key + ": ") + reason + place.excerpt());
        this.key = key;
        this.reason = reason;
        this.line = place.line();
        this.column = place.column();
    }

    /** The key at fault as a path, such as {@code frame.length.max}; empty where it is the whole file. */
    public String key() {
        return key;
    }

    /** What is wrong with it, and what is allowed, without its place. */
    public String reason() {
        return reason;
    }

    /** The line of the file at fault, from 1 on; 0 where it is not known. */
    public int line() {
        return line;
    }

    /** The column at fault, in code points from 1 on; 0 where it is not known. */
    public int column() {
        return column;
    }
}
