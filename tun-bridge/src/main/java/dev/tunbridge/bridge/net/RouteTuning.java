package dev.tunbridge.bridge.net;

import dev.tunbridge.linux.Errno;
import dev.tunbridge.linux.LinuxException;
import dev.tunbridge.linux.netlink.AddressFamily;
import dev.tunbridge.linux.netlink.KernelRoute;
import dev.tunbridge.linux.netlink.Link;
import dev.tunbridge.linux.netlink.NetworkConfiguration;
import java.io.IOException;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Metrics on the routes that this program has made for the TUN device, in whatever table: what local TCP is told of the
 * tunnel. A route that somebody else has made stays as it is. Each call takes a millisecond or so, on a thread of the device's
 * network namespace.
 */
public final class RouteTuning {
    private static final Logger LOG = LoggerFactory.getLogger(RouteTuning.class);

    /** The kernel takes a greater one for this (ip_metrics_convert in net/ipv4/metrics.c). */
    private static final int MOST_MTU = 65_520;

    private final String device;
    private final AddressFamily family;

    public RouteTuning(String device, AddressFamily family) {
        this.device = device;
        this.family = family;
    }

    /** Sets these on all routes of ours that the device has now; what was set before and is not among them goes. */
    public void apply(RouteMetrics metrics) throws IOException {
        try (NetworkConfiguration configuration = NetworkConfiguration.open()) {
            Link link = configuration.link(device);
            int index = link.index();
            SortedMap<Integer, Integer> wanted = withMtu(metrics.values(), link.mtu());
            Map<Integer, List<KernelRoute>> tables = new HashMap<>();
            for (KernelRoute route : configuration.routes(family, index, Identity.PROTOCOL)) {
                if (Identity.isServerRoute(route) || route.metrics().equals(wanted)) {
                    continue;
                }
                int table = route.key().table();
                List<KernelRoute> beside = tables.get(table);
                if (beside == null) {
                    beside = configuration.routes(family, table);
                    tables.put(table, beside);
                }
                if (replace(configuration, route, wanted, beside).isEmpty()) {
                    LOG.warn("{}: not tuned, because somebody has made a route like it: {}", device, route);
                }
            }
        }
    }

    /**
     * Lets a route of ours tell something else. The kernel replaces the first that has the key: where somebody has put another there since,
     * neither is touched.
     *
     * @param beside the routes of its table
     * @return the route as it is then; empty where it was left as it was
     */
    static Optional<KernelRoute> replace(
            NetworkConfiguration configuration,
            KernelRoute route,
            SortedMap<Integer, Integer> metrics,
            Collection<KernelRoute> beside)
            throws LinuxException {
        if (beside.stream().filter(route::hasSameKey).count() != 1) {
            return Optional.empty();
        }
        KernelRoute changed = route.with(metrics);
        configuration.replace(changed);
        return Optional.of(changed);
    }

    /**
     * A route of ours always tells an MTU, if only that of its device. When a route is replaced, the kernel moves the connections that have
     * cached it to a device of its own with an MTU of 68 (blackhole_netdev; {@code dst_dev_put}) until each sends again, and by that
     * cuts what it sends then into segments of 36 bytes. A route that tells its MTU is asked instead.
     */
    static SortedMap<Integer, Integer> withMtu(SortedMap<Integer, Integer> metrics, int deviceMtu) {
        SortedMap<Integer, Integer> all = new TreeMap<>(metrics);
        all.putIfAbsent(KernelRoute.RTAX_MTU, Math.min(deviceMtu, MOST_MTU));
        return all;
    }

    /** Tells nothing but the device's MTU any more; routes that are gone, and a device that is, need nothing. Does no harm twice. */
    public void restore() throws IOException {
        try {
            apply(RouteMetrics.NONE);
        } catch (LinuxException e) {
            if (!e.errno().equals(Errno.ENODEV)) {
                throw e;
            }
        }
    }
}
