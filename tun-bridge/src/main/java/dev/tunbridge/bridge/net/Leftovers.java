package dev.tunbridge.bridge.net;

import dev.tunbridge.linux.Errno;
import dev.tunbridge.linux.LinuxException;
import dev.tunbridge.linux.netlink.KernelRoute;
import dev.tunbridge.linux.netlink.NetworkConfiguration;
import dev.tunbridge.linux.netlink.PolicyRule;
import java.util.List;
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
}
