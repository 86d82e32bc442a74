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
import java.util.Collections;
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

    /** With 200 tunnels each would read what the 199 others have made, all at once, and no heap would hold it. */
    private static final SharedReadings<HostNetwork> SINGLE = new SharedReadings<>();

    private static final SharedReadings<Map<AddressFamily, HostNetwork>> BOTH = new SharedReadings<>();

    public HostNetwork {
        links = List.copyOf(links);
        addresses = List.copyOf(addresses);
        routes = List.copyOf(routes);
        rules = rules.map(List::copyOf);
    }

    /**
     * Asks the kernel, in the order opposite to that in which a tunnel comes up: what is read first has had what it needs, so a
     * tunnel that is being set up meanwhile is never seen with a rule to no route, or with a route to its server and no device.
     */
    public static HostNetwork read(NetworkConfiguration configuration, AddressFamily family) throws LinuxException {
        return SINGLE.get(configuration.namespace() + " " + family, () -> readNow(configuration, family));
    }

    private static HostNetwork readNow(NetworkConfiguration configuration, AddressFamily family) throws LinuxException {
        Optional<List<PolicyRule>> rules = rules(configuration, family);
        List<KernelRoute> routes = configuration.routes(family);
        List<InterfaceAddress> addresses = configuration.addresses();
        return of(family, configuration.links(), addresses, routes, rules);
    }

    /** Asks the kernel for both families, in the same order; links and addresses, which are both's, once. */
    public static Map<AddressFamily, HostNetwork> readBoth(NetworkConfiguration configuration) throws LinuxException {
        return BOTH.get(configuration.namespace(), () -> readBothNow(configuration));
    }

    private static Map<AddressFamily, HostNetwork> readBothNow(NetworkConfiguration configuration)
            throws LinuxException {
        Map<AddressFamily, Optional<List<PolicyRule>>> rules = new EnumMap<>(AddressFamily.class);
        Map<AddressFamily, List<KernelRoute>> routes = new EnumMap<>(AddressFamily.class);
        for (AddressFamily family : AddressFamily.values()) {
            rules.put(family, rules(configuration, family));
        }
        for (AddressFamily family : AddressFamily.values()) {
            routes.put(family, configuration.routes(family));
        }
        List<InterfaceAddress> addresses = configuration.addresses();
        List<Link> links = configuration.links();
        Map<AddressFamily, HostNetwork> both = new EnumMap<>(AddressFamily.class);
        routes.forEach((family, found) ->
                both.put(family, of(family, links, addresses, found, rules.getOrDefault(family, Optional.empty()))));
        return Collections.unmodifiableMap(both);
    }

    private static HostNetwork of(
            AddressFamily family,
            List<Link> links,
            List<InterfaceAddress> addresses,
            List<KernelRoute> routes,
            Optional<List<PolicyRule>> rules) {
        List<InterfaceAddress> own =
                addresses.stream().filter(address -> address.family() == family).toList();
        return new HostNetwork(family, links, own, routes, rules);
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
