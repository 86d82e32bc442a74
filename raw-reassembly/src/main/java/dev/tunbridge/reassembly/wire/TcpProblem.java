package dev.tunbridge.reassembly.wire;

/** What keeps bytes from being a TCP segment. */
public enum TcpProblem {
    OK,
    /** Fewer bytes than the fixed header. */
    TRUNCATED,
    /** A data offset below the header's minimum or beyond the segment. */
    DATA_OFFSET,
    /** An option that runs over the header's end or has the wrong length for its kind. */
    OPTIONS
}
