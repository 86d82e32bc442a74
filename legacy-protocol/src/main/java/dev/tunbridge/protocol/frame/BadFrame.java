package dev.tunbridge.protocol.frame;

/** Why bytes are not a frame. */
public enum BadFrame {
    /** The opening bytes are missing. */
    SYNC,
    /** A constant header field has another value. */
    FIELD,
    /** The length is malformed, negative, above the maximum, or not that of the delimited frame. */
    LENGTH,
    /** The closing bytes are missing. */
    TRAILER,
    /** The checksum differs. */
    CHECK,
    /** An escape sequence that no encoder writes. */
    ESCAPE;

    private static final BadFrame[] REASONS = values();

    /** This reason as a negative number, −1 − its ordinal: the hot path carries lengths and reasons in one. */
    @SuppressWarnings("EnumOrdinal")
    int dead() {
        return -1 - ordinal();
    }

    static BadFrame ofDead(long answer) {
        return REASONS[(int) (-1 - answer)];
    }
}
