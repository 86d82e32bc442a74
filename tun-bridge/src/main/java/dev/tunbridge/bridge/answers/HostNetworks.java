package dev.tunbridge.bridge.answers;

import dev.tunbridge.bridge.filter.Prefix;
import dev.tunbridge.linux.netlink.AddressFamily;
import java.io.IOException;
import java.util.List;
import java.util.SortedSet;

/** What the host has besides the tunnel. Every method reads anew, and may block for some milliseconds. */
public interface HostNetworks {

    /**
     * Networks in use, of both families: addresses of interfaces with their prefixes, destinations of routes, name servers.
     * A default route is none.
     *
     * @param exceptDevice whose own are left out
     */
    List<Prefix> inUse(String exceptDevice) throws IOException;

    /** Whether the kernel forwards packets of this family, as a host of containers does. */
    boolean forwards(AddressFamily family) throws IOException;

    /**
     * Ports of UDP sockets that are bound to no address and not connected, which an IPv4 or IPv6 datagram reaches: the
     * kernel chooses the source of their answers by the route.
     */
    SortedSet<Integer> wildcardUdpPorts(AddressFamily family) throws IOException;
}
