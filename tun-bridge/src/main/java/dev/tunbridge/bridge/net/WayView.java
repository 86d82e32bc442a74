package dev.tunbridge.bridge.net;

import dev.tunbridge.linux.LinuxException;
import dev.tunbridge.linux.netlink.AddressFamily;
import dev.tunbridge.linux.netlink.KernelRoute;
import dev.tunbridge.linux.netlink.Link;
import dev.tunbridge.linux.netlink.NetworkConfiguration;
import dev.tunbridge.linux.netlink.NextHop;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The ways to a server as they are at one moment, besides all tunnels: two views that are equal give no reason to try again.
 *
 * @param ways each by its address, in words; of a server whose address is not known, the default routes
 * @param hasWay whether one of them can be gone: there is a route, and its interface has a carrier
 * @param own all addresses of this host
 * @param interfaces through which they lead, by number
 */
public record WayView(List<String> ways, boolean hasWay, Set<InetAddress> own, Set<Integer> interfaces) {
    /** Before anything was looked up. */
    public static final WayView NONE = new WayView(List.of(), false, Set.of(), Set.of());

    public WayView {
        ways = List.copyOf(ways);
        own = Set.copyOf(own);
        interfaces = Set.copyOf(interfaces);
    }

    /** As the kernel says now, in the namespace of the calling thread. */
    public static WayView look(Collection<InetAddress> servers) throws LinuxException {
        try (NetworkConfiguration configuration = NetworkConfiguration.open()) {
            return of(HostNetwork.readBoth(configuration), servers);
        }
    }

    static WayView of(Map<AddressFamily, HostNetwork> hosts, Collection<InetAddress> servers) {
        List<String> ways = new ArrayList<>();
        Set<Integer> interfaces = new LinkedHashSet<>();
        boolean hasWay = false;
        for (InetAddress server : servers) {
            HostNetwork host = Objects.requireNonNull(hosts.get(AddressFamily.of(server)), "both families");
            Optional<KernelRoute> way = new WayLookup(host, route -> !Identity.isOurs(route))
                    .find(server)
                    .map(WayLookup.Way::route);
            boolean isUsable = way.isPresent() && isUsable(way.get(), host);
            way.ifPresent(route -> route.nextHops().forEach(hop -> interfaces.add(hop.interfaceIndex())));
            ways.add(server.getHostAddress() + " "
                    + way.map(route -> text(route, host)).orElse("no way"));
            hasWay |= isUsable || server.isLoopbackAddress();
        }
        if (servers.isEmpty()) {
            for (HostNetwork host : hosts.values()) {
                List<KernelRoute> defaults = host.routes().stream()
                        .filter(route -> route.isDefault() && route.kind().isUnicast() && !Identity.isOurs(route))
                        .sorted(Comparator.comparingLong(route -> route.key().priority()))
                        .toList();
                defaults.forEach(route -> ways.add(text(route, host)));
                defaults.forEach(route -> route.nextHops().forEach(hop -> interfaces.add(hop.interfaceIndex())));
                hasWay |= defaults.stream().anyMatch(route -> isUsable(route, host));
            }
        }
        Set<InetAddress> own = new LinkedHashSet<>();
        hosts.values().forEach(host -> host.addresses().forEach(address -> own.add(address.address())));
        return new WayView(ways, hasWay, own, interfaces);
    }

    private static boolean isUsable(KernelRoute route, HostNetwork host) {
        return isRunning(route, host) && !isWaitingForAddress(route, host);
    }

    private static boolean isRunning(KernelRoute route, HostNetwork host) {
        return route.nextHops().stream()
                .map(NextHop::interfaceIndex)
                .anyMatch(index -> host.link(index).filter(Link::isRunning).isPresent());
    }

    /** Until duplicate address detection is over there is nothing to send from, and a try fails at once (EADDRNOTAVAIL). */
    private static boolean isWaitingForAddress(KernelRoute route, HostNetwork host) {
        return sources(route, host).isEmpty()
                && host.addresses().stream()
                        .anyMatch(address -> route.leadsThrough(address.interfaceIndex()) && !address.isUsable());
    }

    private static String text(KernelRoute route, HostNetwork host) {
        String sources = sources(route, host);
        return host.text(route)
                + (sources.isEmpty() ? "" : " src " + sources)
                + (isRunning(route, host) ? "" : " (no carrier)");
    }

    /** What may be its source: a host that has got another address goes another way, though by the same route. */
    private static String sources(KernelRoute route, HostNetwork host) {
        return route.preferredSource()
                .map(InetAddress::getHostAddress)
                .orElseGet(() -> host.addresses().stream()
                        .filter(address -> route.leadsThrough(address.interfaceIndex()) && address.isUsable())
                        .map(address -> address.address())
                        .filter(address -> !address.isLinkLocalAddress())
                        .map(InetAddress::getHostAddress)
                        .sorted()
                        .collect(Collectors.joining("|")));
    }

    /** Whether this host still has the address. */
    public boolean isOwn(InetAddress address) {
        return own.contains(address);
    }

    /** Whether the ways are the same, whatever else the host has. */
    public boolean isSameWay(WayView other) {
        return ways.equals(other.ways);
    }

    @Override
    public String toString() {
        return String.join(", ", ways);
    }
}
