package dev.tunbridge.bridge.replay;

/** What a replay came to. */
public enum Verdict {
    /** The stream was read to its end. */
    REPLAYED,
    /** Nothing was received on this connection. */
    EMPTY,
    /** The stream is not of the frame format given: no frame in it, or more of it skipped than read. */
    OTHER_FORMAT,
    /** The stream was of the format, until the next frame could no longer be found. */
    LOST_SYNCHRONISATION
}
