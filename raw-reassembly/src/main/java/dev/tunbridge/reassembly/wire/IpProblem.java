package dev.tunbridge.reassembly.wire;

/** What keeps bytes from being an IP packet. */
public enum IpProblem {
    OK,
    /** Fewer bytes than the fixed header. */
    TRUNCATED,
    /** Neither 4 nor 6. */
    VERSION,
    /** A header length below the minimum or beyond the packet. */
    HEADER_LENGTH,
    /** A total length below the header's or beyond the bytes given. */
    TOTAL_LENGTH,
    /** An IPv4 option that runs over the header's end. */
    OPTIONS,
    /** An IPv6 extension header that runs over the packet's end, or too many of them. */
    EXTENSION_HEADERS
}
