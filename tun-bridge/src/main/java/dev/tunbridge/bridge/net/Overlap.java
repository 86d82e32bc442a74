package dev.tunbridge.bridge.net;

import dev.tunbridge.bridge.filter.Prefix;
import dev.tunbridge.linux.netlink.InterfaceAddress;
import dev.tunbridge.linux.netlink.KernelRoute;
import java.util.ArrayList;
import java.util.List;

/**
 * Where a tunnel would take traffic that the host has another way for, or the host keep what the tunnel should get. No I/O.
 *
 * <p>What counts: the tunnel's own address, where another interface has it. The network that the server gives, where the host has a
 * route to it or to a part of it, or reaches it directly, at a stretch with more; a wider route through a gateway, or to nowhere, is how one says "all but".
 * A network of {@code routes}, where the host has a route to the same, or reaches it directly, at a stretch with more: what is
 * wider than a network of the host takes nothing from it, because the narrower route wins.
 *
 * @param wanted what the tunnel is to have
 * @param found what is there, in words
 * @param isOfTunnel whether it is another tunnel of this program, beside which one can live
 */
public record Overlap(Prefix wanted, String found, boolean isOfTunnel) {
    /** Nobody's network is wider: 10.0.0.0/8 is the widest of IPv4, and fc00::/7 stands for all private ones of IPv6. */
    private static final int LEAST_NETWORK_BITS = 8;

    @Override
    public String toString() {
        return wanted + " overlaps " + found;
    }

    static List<Overlap> find(TunAddressing wanted, int deviceIndex, HostNetwork host) {
        List<Overlap> overlaps = new ArrayList<>();
        Prefix own = Prefix.of(wanted.address(), host.family().bits());
        for (InterfaceAddress address : host.addresses()) {
            if (address.interfaceIndex() != deviceIndex && address.address().equals(wanted.address())) {
                overlaps.add(new Overlap(own, "the address of " + host.nameOf(address.interfaceIndex()), false));
            }
        }
        Prefix given = wanted.network();
        for (KernelRoute route : host.routes()) {
            if (route.key().table() != KernelRoute.TABLE_MAIN
                    || route.isDefault()
                    || route.kind().isLocal()
                    || route.leadsThrough(deviceIndex)
                    || Identity.isServerRoute(route)) {
                continue;
            }
            Prefix network = HostNetwork.network(route);
            boolean isOnLink = isOnLink(route);
            if (isWithin(network, given) || (isOnLink && isWithin(given, network))) {
                overlaps.add(new Overlap(given, "the route " + host.text(route), Identity.isOurs(route)));
            }
            for (Prefix asked : wanted.routes()) {
                // Of a default route its halves are made, as some other tunnels do, whose metric would win in silence.
                if (TunNetwork.halves(asked).contains(network) || (isOnLink && isWithin(asked, network))) {
                    overlaps.add(new Overlap(asked, "the route " + host.text(route), Identity.isOurs(route)));
                }
            }
        }
        return overlaps;
    }

    /** Whether what a route leads to, in whichever table, is reached directly. It is not where the route stands for the world, or for a part of it, as tunnels make them. */
    public static boolean leadsToNeighbours(KernelRoute route) {
        return HostNetwork.network(route).length() >= LEAST_NETWORK_BITS && isOnLink(route);
    }

    /** Whether the host reaches a part of this network directly, so that it is not only clients'. */
    static boolean isNeighbours(KernelRoute route, Prefix network) {
        return route.key().table() == KernelRoute.TABLE_MAIN
                && !route.isDefault()
                && isOnLink(route)
                && (isWithin(HostNetwork.network(route), network) || isWithin(network, HostNetwork.network(route)));
    }

    private static boolean isOnLink(KernelRoute route) {
        return route.kind().isUnicast()
                && route.nextHops().stream().allMatch(hop -> hop.gateway().isEmpty());
    }

    private static boolean isWithin(Prefix inner, Prefix outer) {
        return inner.length() >= outer.length() && outer.contains(inner.address());
    }
}
