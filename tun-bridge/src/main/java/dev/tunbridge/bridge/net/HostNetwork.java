package dev.tunbridge.bridge.net;

import dev.tunbridge.bridge.filter.Prefix;
import dev.tunbridge.linux.Errno;
import dev.tunbridge.linux.LinuxException;
import dev.tunbridge.linux.netlink.AddressFamily;
import dev.tunbridge.linux.netlink.InterfaceAddress;
import dev.tunbridge.linux.netlink.KernelRoute;
import dev.tunbridge.linux.netlink.Link;
import dev.tunbridge.linux.netlink.NetworkConfiguration;
import dev.tunbridge.linux.netlink.PolicyRule;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What there is in a network namespace at one moment, of one address family: everybody's.
 *
 * @param family of addresses, routes and rules
 * @param links all interfaces
 * @param addresses of all interfaces
 * @param routes of all tables
 * @param rules in the order in which the kernel asks them; empty where this kernel has none (CONFIG_IP_MULTIPLE_TABLES)
 */
public record HostNetwork(
        AddressFamily family,
        List<Link> links,
        List<InterfaceAddress> addresses,
        List<KernelRoute> routes,
        Optional<List<PolicyRule>> rules) {

    public HostNetwork {
        links = List.copyOf(links);
        addresses = List.copyOf(addresses);
        routes = List.copyOf(routes);
        rules = rules.map(List::copyOf);
    }

    /** Asks the kernel. */
    public static HostNetwork read(NetworkConfiguration configuration, AddressFamily family) throws LinuxException {
        return of(family, configuration, configuration.links(), configuration.addresses());
    }

    /** Asks the kernel for both families; links and addresses, which are both's, once. */
    public static Map<AddressFamily, HostNetwork> readBoth(NetworkConfiguration configuration) throws LinuxException {
        List<Link> links = configuration.links();
        List<InterfaceAddress> addresses = configuration.addresses();
        Map<AddressFamily, HostNetwork> both = new EnumMap<>(AddressFamily.class);
        for (AddressFamily family : AddressFamily.values()) {
            both.put(family, of(family, configuration, links, addresses));
        }
        return both;
    }

    private static HostNetwork of(
            AddressFamily family,
            NetworkConfiguration configuration,
            List<Link> links,
            List<InterfaceAddress> addresses)
            throws LinuxException {
        return new HostNetwork(
                family,
                links,
                addresses.stream().filter(address -> address.family() == family).toList(),
                configuration.routes(family),
                rules(configuration, family));
    }

    private static Optional<List<PolicyRule>> rules(NetworkConfiguration configuration, AddressFamily family)
            throws LinuxException {
        try {
            return Optional.of(configuration.rules(family));
        } catch (LinuxException e) {
            if (e.errno().equals(Errno.EOPNOTSUPP) || e.errno().equals(Errno.EAFNOSUPPORT)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    Optional<Link> link(int index) {
        return links.stream().filter(link -> link.index() == index).findFirst();
    }

    /** As people call it. */
    String nameOf(int interfaceIndex) {
        return link(interfaceIndex).map(Link::name).orElse("interface " + interfaceIndex);
    }

    /** {@code 198.18.88.0/24 dev lan0}, by names. */
    String text(KernelRoute route) {
        StringBuilder text = new StringBuilder(route.network());
        route.nextHops().forEach(hop -> {
            hop.gateway().ifPresent(gateway -> text.append(" via ").append(gateway.getHostAddress()));
            text.append(" dev ").append(nameOf(hop.interfaceIndex()));
        });
        return text.toString();
    }

    /** A route's network. */
    static Prefix network(KernelRoute route) {
        return Prefix.of(route.destination(), route.prefixLength());
    }
}
