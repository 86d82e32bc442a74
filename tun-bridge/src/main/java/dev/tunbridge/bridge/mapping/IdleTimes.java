package dev.tunbridge.bridge.mapping;

import dev.tunbridge.bridge.flow.InnerPacket;

/**
 * How long an address of the pool stays a client's after its last packet, in nanoseconds.
 *
 * @param tcpNanos after a TCP segment of the device other than SYN and RST: a connection stands, and may be silent for long
 * @param udpNanos after UDP, and after TCP of which no connection has come
 * @param icmpNanos after anything else
 */
public record IdleTimes(long tcpNanos, long udpNanos, long icmpNanos) {

    /** What a packet of this protocol gives, of a connection that is not known to stand. */
    long of(int protocol) {
        return protocol == InnerPacket.UDP || protocol == InnerPacket.TCP ? udpNanos : icmpNanos;
    }
}
