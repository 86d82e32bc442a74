package dev.tunbridge.bridge.replay;

/** Why a kernel drops a segment of an established connection; the names in Linux are those of {@code enum skb_drop_reason}. */
public enum KernelRefusal {
    /** TCP_CSUM, IP_CSUM. */
    CHECKSUM,
    /** A SYN within the connection: answered with a challenge (RFC 5961 section 4), its payload is not read. */
    SYN,
    /** TCP_FLAGS: every segment but a SYN or RST has an acknowledgement. */
    NO_ACKNOWLEDGEMENT,
    /** TCP_RFC7323_PAWS. */
    OLD_TIMESTAMP,
    /** TCP_INVALID_SEQUENCE, TCP_OVERWINDOW. */
    BEYOND_WINDOW,
    /** TCP_TOO_OLD_ACK. */
    OLD_ACKNOWLEDGEMENT,
    /** TCP_ACK_UNSENT_DATA. */
    ACKNOWLEDGES_UNSENT,
    /** A RST that is not exactly in order (RFC 5961 section 3), or the payload of one that is. */
    RESET,
    /** The connection has ended before. */
    AFTER_END,
    /** More beyond a hole than any receiver holds. */
    OUT_OF_MEMORY
}
