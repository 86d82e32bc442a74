package dev.tunbridge.protocol.frame;

/** The stream holds something else than frames, and the next frame cannot be found. The connection must be closed. */
public final class LostSynchronisationException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final long offset;
    private final BadFrame reason;

    LostSynchronisationException(long offset, BadFrame reason, String consequence) {
        super("bad frame at stream offset " + offset + " (" + reason + "): " + consequence);
        this.offset = offset;
        this.reason = reason;
    }

    /** Where the first bad frame starts, in bytes from the start of the stream. */
    public long offset() {
        return offset;
    }

    public BadFrame reason() {
        return reason;
    }
}
