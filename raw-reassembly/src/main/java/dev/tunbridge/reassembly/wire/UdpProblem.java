package dev.tunbridge.reassembly.wire;

/** What keeps bytes from being a UDP datagram. */
public enum UdpProblem {
    OK,
    /** Fewer bytes than the header. */
    TRUNCATED,
    /** A length field below the header's length or beyond the bytes given. */
    LENGTH
}
