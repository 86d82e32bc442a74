package dev.tunbridge.reassembly.capture;

import dev.tunbridge.linux.SocketFilter;
import dev.tunbridge.reassembly.wire.FourTuple;
import java.net.InetSocketAddress;

/**
 * What a live source captures. Packets with a VLAN tag are none of it: where VLANs are used, they are captured again on
 * the VLAN's own interface, without the tag.
 *
 * <p>Ports cannot be told of a later fragment, nor cheaply behind an IPv6 extension header. Such TCP packets between the right
 * addresses are captured too, so that whoever validates them can count them.
 */
public sealed interface CaptureFilter {
    /** What arrives here from the other end of one TCP connection. */
    record Inbound(FourTuple path) implements CaptureFilter {}

    /** Both directions of one TCP connection, each once: on loopback this end's side of it. */
    record Connection(FourTuple path) implements CaptureFilter {}

    /** TCP between this host and one address and port elsewhere. */
    record Remote(InetSocketAddress address) implements CaptureFilter {
        public Remote {
            if (address.isUnresolved()) {
                throw new IllegalArgumentException("remote address " + address + " is not resolved");
            }
        }
    }

    /** Every IPv4 and IPv6 packet, both ways. */
    record Everything() implements CaptureFilter {}

    /** Whether packets that this host sends are of interest. */
    default boolean wantsOutgoing() {
        return !(this instanceof Inbound);
    }

    /** For a packet socket of type {@code SOCK_DGRAM}. */
    default SocketFilter toSocketFilter() {
        return FilterCompiler.compile(this);
    }

    /** For libpcap: the same packets, but of either direction, and tagged ones too, because it brings the tag back first. */
    default String toPcapExpression() {
        return FilterExpression.of(this);
    }
}
