package dev.tunbridge.bridge.filter;

/** Why the tunnel filter refused a packet; each reason has a counter. */
public enum Refusal {
    /** Not a whole, well-formed IPv4 or IPv6 packet. */
    MALFORMED,
    /** The other address family than the tunnel's. */
    FAMILY,
    /** Source routing, a way around every address check (RFC 7126, RFC 5095). */
    SOURCE_ROUTE,
    /** From the tunnel: not addressed to the device. From the device: addressed to nobody in particular. */
    DESTINATION,
    /** From the tunnel: unspecified, loopback, link-local, multicast or broadcast. */
    SOURCE_SPECIAL,
    /** From the tunnel: claims to come from the device itself. From the device: not its tunnel address. */
    SOURCE_OURS,
    /** From the tunnel: not among the configured sources. */
    SOURCE_NOT_ALLOWED,
    /** The outer connection's own server or four-tuple: a routing loop. */
    OUTER_CONNECTION,
    /** A protocol or port outside the allow-list. */
    NOT_ALLOWED,
    /** Neither TCP nor UDP, in a carriage that has no room for it. */
    CARRIAGE_PROTOCOL,
    /** A fragment, in a carriage that has no IP header. */
    CARRIAGE_FRAGMENT,
    /** Longer than a frame may be. */
    TOO_LONG,
    /** A transport header that is cut off. */
    TRUNCATED_TRANSPORT
}
