package dev.tunbridge.bridge.net;

import dev.tunbridge.linux.Errno;
import dev.tunbridge.linux.LinuxException;
import dev.tunbridge.linux.netlink.InterfaceAddress;
import dev.tunbridge.linux.netlink.KernelRoute;
import dev.tunbridge.linux.netlink.NetworkConfiguration;
import dev.tunbridge.linux.netlink.PolicyRule;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What killed processes have left. While a tunnel lives its table has a route, and the route dies with the device: a
 * rule of ours whose table is empty belongs to nobody. A route to a server bears the number of its device: one whose
 * device is gone belongs to nobody either. A persistent device (one that an administrator made) outlives the process, and its
 * routes do too: whoever holds the device now owns them.
 */
final class Leftovers {
    private static final Logger LOG = LoggerFactory.getLogger(Leftovers.class);

    /** What the kernel says of what is gone already. */
    private static final Set<Errno> GONE =
            Set.of(Errno.ENOENT, Errno.ESRCH, Errno.ENODEV, Errno.EADDRNOTAVAIL, Errno.EAFNOSUPPORT);

    private Leftovers() {}

    /** One thing to remove. */
    @FunctionalInterface
    interface Removal {
        void run() throws LinuxException;
    }

    /** Removes what may be gone already; any other fault is one. */
    static void remove(Removal removal) throws LinuxException {
        try {
            removal.run();
        } catch (LinuxException e) {
            if (!GONE.contains(e.errno())) {
                throw e;
            }
        }
    }

    /** Each of them, also where one fails. */
    static void removeAll(List<Removal> removals) throws LinuxException {
        LinuxException fault = null;
        for (Removal removal : removals) {
            try {
                remove(removal);
            } catch (LinuxException e) {
                if (fault != null) {
                    e.addSuppressed(fault);
                }
                fault = e;
            }
        }
        if (fault != null) {
            throw fault;
        }
    }

    /** Removes rules that lead nowhere, on behalf of the process that holds the device, but for those that it wants. */
    static void removeRules(
            NetworkConfiguration configuration, HostNetwork host, int deviceIndex, List<PolicyRule> wanted)
            throws LinuxException {
        for (PolicyRule rule : host.rules().orElse(List.of())) {
            if (Identity.isOurs(rule)
                    && wanted.stream().noneMatch(rule::isSameRule)
                    && RoutingTable.isLeftOver(rule.table(), deviceIndex, host)) {
                LOG.info("removing a rule that leads to no route any more: {}", rule);
                remove(() -> configuration.remove(rule));
            }
        }
    }

    /**
     * Removes routes to servers of devices that are gone, and those of this device that nobody holds any more; answers whether
     * there were any.
     */
    static boolean removeServerRoutes(
            NetworkConfiguration configuration, HostNetwork host, int deviceIndex, Predicate<KernelRoute> isLeft)
            throws LinuxException {
        boolean wasThere = false;
        for (KernelRoute route : host.routes()) {
            long metric = route.key().priority();
            boolean isOwn = metric == Identity.serverMetric(deviceIndex);
            boolean isOrphan = host.links().stream().noneMatch(link -> metric == Identity.serverMetric(link.index()));
            if (Identity.isServerRoute(route) && (isOrphan || (isOwn && isLeft.test(route)))) {
                LOG.info("removing the route of an earlier connection: {}", host.text(route));
                remove(() -> configuration.remove(route));
                wasThere = true;
            }
        }
        return wasThere;
    }

    /** Removes routes of ours through the device, of this process or of one that was killed, but for those that are wanted. */
    static void removeRoutes(
            NetworkConfiguration configuration, HostNetwork host, int deviceIndex, List<KernelRoute> wanted)
            throws LinuxException {
        for (KernelRoute route : host.routes()) {
            if (Identity.isOurs(route)
                    && !Identity.isServerRoute(route)
                    && route.leadsThrough(deviceIndex)
                    && wanted.stream().noneMatch(route::isSameEntry)) {
                remove(() -> configuration.remove(route));
            }
        }
    }

    /** Removes all of the device that this process has open, or had: of both families, whoever made it. */
    static void removeAll(NetworkConfiguration configuration, int deviceIndex) throws LinuxException {
        for (HostNetwork host : HostNetwork.readBoth(configuration).values()) {
            removeRules(configuration, host, deviceIndex, List.of());
            removeServerRoutes(configuration, host, deviceIndex, left -> true);
            removeRoutes(configuration, host, deviceIndex, List.of());
            removeAddresses(configuration, host, deviceIndex, Optional.empty());
        }
    }

    /** Removes addresses that an earlier process gave the device, but for this one. */
    static void removeAddresses(
            NetworkConfiguration configuration, HostNetwork host, int deviceIndex, Optional<InetAddress> wanted)
            throws LinuxException {
        for (InterfaceAddress address : host.addresses()) {
            if (address.interfaceIndex() == deviceIndex
                    && address.protocol() == Identity.PROTOCOL
                    && !wanted.equals(Optional.of(address.address()))) {
                LOG.info("removing an address of an earlier process: {}", address);
                removeAddress(configuration, address);
            }
        }
    }

    /**
     * Removes an address. With the last one of IPv4 the kernel takes all routes from the interface (fib_del_ifaddr in
     * net/ipv4/fib_frontend.c): those of others are given back.
     */
    static void removeAddress(NetworkConfiguration configuration, InterfaceAddress address) throws LinuxException {
        List<KernelRoute> others = configuration.routes(address.family()).stream()
                .filter(route -> route.leadsThrough(address.interfaceIndex()))
                .filter(route -> !Identity.isOurs(route) && route.key().table() != KernelRoute.TABLE_LOCAL)
                .toList();
        remove(() -> configuration.remove(address));
        if (others.isEmpty()) {
            return;
        }
        List<KernelRoute> left = configuration.routes(address.family());
        for (KernelRoute route : others) {
            if (left.stream().noneMatch(route::isSameEntry)) {
                configuration.add(route);
            }
        }
    }
}
