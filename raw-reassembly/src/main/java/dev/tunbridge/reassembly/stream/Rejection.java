package dev.tunbridge.reassembly.stream;

/** Why a captured segment is not used. To reject wrongly costs latency, to accept wrongly lets somebody inject packets. */
public enum Rejection {
    /** Captured, but not whole. */
    TRUNCATED,
    /** The IP header's lengths or version contradict the packet. */
    IP_HEADER,
    /** An IPv4 option, or an IPv6 extension header. */
    IP_OPTIONS,
    /** A fragment. */
    FRAGMENT,
    /** The IPv4 header checksum is wrong. */
    IP_CHECKSUM,
    /** Not exactly the connection's addresses, ports and protocol. */
    ADDRESS,
    /** Came in by another interface than the SYN-ACK, or than the last one that the kernel was seen to take them from. */
    INTERFACE,
    /** The TCP header's lengths or options contradict the segment. */
    TCP_HEADER,
    /** The TCP checksum is wrong, or unfinished without the kernel's mark. */
    TCP_CHECKSUM,
    /** No SYN-ACK was seen, so that no sequence number can be placed. */
    NO_HANDSHAKE,
    /** Two SYN-ACKs with different numbers came: one is forged, and nobody can say which. */
    AMBIGUOUS_HANDSHAKE,
    /** The ACK flag is not set. */
    NO_ACK,
    /** A SYN within the connection. */
    SYN,
    /** A RST. */
    RST,
    /** Urgent data, whose byte may leave the stream. */
    URG,
    /** The end of the stream, which is the kernel's to tell. */
    FIN,
    /** Not whole between the kernel lane's offset and the receive window, or the cap on held bytes. */
    WINDOW,
    /** Acknowledges what was never sent. */
    ACK_NOT_SENT,
    /** Acknowledges less than what was acknowledged 64 KiB ago. */
    ACK_ANCIENT,
    /** Timestamps are negotiated, and this segment has none (RFC 7323 section 3.2). */
    TIMESTAMP_MISSING,
    /** The timestamp is older than the last one in order (PAWS, RFC 7323 section 5). */
    TIMESTAMP_OLD,
    /** The timestamp lies further ahead than the server's clock can have run. */
    TIMESTAMP_FUTURE,
    /** The echo is older than the last one in order, or of a time that our clock has not reached. */
    TIMESTAMP_ECHO
}
