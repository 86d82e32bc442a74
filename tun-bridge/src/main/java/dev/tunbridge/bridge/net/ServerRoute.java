package dev.tunbridge.bridge.net;

import dev.tunbridge.bridge.filter.Prefix;
import dev.tunbridge.linux.Interfaces;
import dev.tunbridge.linux.LinuxException;
import dev.tunbridge.linux.netlink.AddressFamily;
import dev.tunbridge.linux.netlink.KernelRoute;
import dev.tunbridge.linux.netlink.NetworkConfiguration;
import dev.tunbridge.linux.netlink.TcpMetrics;
import dev.tunbridge.reassembly.wire.IpView;
import java.io.IOException;
import java.net.InetAddress;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A host route to the server, for the time of one connection: the same way as without it and past every tunnel, and what TCP is
 * to do on it. Made before the connection, because ECN is asked for in its first segment; {@link #follow} lets it go where the
 * host's own routes go by now; removed with the connection, so that the next one finds its way anew. Each call takes
 * a millisecond or so, on a thread of the connection's network namespace.
 *
 * <p>It lies in the table in which the way was found, or in the main table where a tunnel's routes there would come first.
 * It bears a protocol number and a metric of our own, the latter for each TUN device ({@link Identity}): two bridges to one
 * server do not touch each other's, and what a killed process left is known by it.
 */
public final class ServerRoute implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ServerRoute.class);

    private static final String NO_WAY = "no way to the server besides the tunnel's own routes";

    /** What became of the way. */
    public enum Change {
        /** It is what it was. */
        NONE,
        /** The host's routes lead another way now, and so does this. */
        OTHER_WAY,
        /** There is no way. */
        NO_WAY
    }

    private final String device;
    private final InetAddress server;
    private final RouteMetrics metrics;
    private final boolean isWanted;
    private final boolean isTunnelled;

    /** The way besides ours, when it was looked up last. */
    private Optional<KernelRoute> way = Optional.empty();

    /** What was made: one, or two where a rule for the host's own address leads to another table than without. */
    private List<KernelRoute> made = List.of();

    private boolean closed;
    private String said = "";

    private ServerRoute(
            String device, InetAddress server, RouteMetrics metrics, boolean isWanted, boolean isTunnelled) {
        this.device = device;
        this.server = server;
        this.metrics = metrics;
        this.isWanted = isWanted;
        this.isTunnelled = isTunnelled;
    }

    /**
     * Makes the route, where there is something to tell or a tunnel's routes would take
     * the connection into the tunnel. A host route that somebody has configured stays as it is. Then nothing is done, and the log says
     * why.
     *
     * @param device the TUN device, which exists
     * @param tunnelled networks that lead into the device, perhaps already
     */
    public static ServerRoute make(String device, InetAddress server, RouteMetrics metrics, List<Prefix> tunnelled)
            throws IOException {
        boolean isTunnelled = tunnelled.stream().anyMatch(network -> network.contains(server));
        boolean isWanted = (!metrics.isEmpty() || isTunnelled) && !server.isLoopbackAddress();
        ServerRoute route = new ServerRoute(device, server, metrics, isWanted, isTunnelled);
        int index = Interfaces.index(device);
        try (NetworkConfiguration configuration = NetworkConfiguration.open()) {
            HostNetwork host = HostNetwork.read(configuration, AddressFamily.of(server));
            if (Leftovers.removeServerRoutes(
                    configuration, host, index, left -> left.destination().equals(server))) {
                host = HostNetwork.read(configuration, AddressFamily.of(server));
            }
            route.settle(configuration, host, index);
        }
        if (!route.made.isEmpty() && metrics.reordering().isPresent()) {
            rememberAnew(server, metrics.reordering().getAsInt());
        }
        return route;
    }

    /** Removes what a killed process has left, on behalf of the one that holds the device now. */
    public static void removeLeftovers(String device) throws IOException {
        int index = Interfaces.index(device);
        try (NetworkConfiguration configuration = NetworkConfiguration.open()) {
            for (HostNetwork host : HostNetwork.readBoth(configuration).values()) {
                Leftovers.removeServerRoutes(configuration, host, index, left -> true);
            }
        }
    }

    /** Lets the route go where the host's own routes go now. */
    public synchronized Change follow() throws IOException {
        if (closed) {
            return Change.NONE;
        }
        try (NetworkConfiguration configuration = NetworkConfiguration.open()) {
            HostNetwork host = HostNetwork.read(configuration, AddressFamily.of(server));
            Optional<KernelRoute> before = way;
            settle(configuration, host, Interfaces.index(device));
            if (way.isEmpty()) {
                return Change.NO_WAY;
            }
            return before.isPresent() && before.get().isSameWay(way.get()) ? Change.NONE : Change.OTHER_WAY;
        }
    }

    /** Looks the way up besides everything of ours, and has the route lead there. */
    private void settle(NetworkConfiguration configuration, HostNetwork host, int deviceIndex) throws LinuxException {
        List<WayLookup.Way> found = new WayLookup(
                        host, route -> !Identity.isOurs(route) && !route.leadsThrough(deviceIndex))
                .findBoth(server);
        way = found.isEmpty()
                ? Optional.empty()
                : Optional.of(found.get(found.size() - 1).route());
        Map<Integer, KernelRoute> byTable = new LinkedHashMap<>();
        for (WayLookup.Way each : isWanted ? found : List.<WayLookup.Way>of()) {
            wanted(each, host, deviceIndex).ifPresent(route -> byTable.put(each.table(), route));
        }
        Collection<KernelRoute> wanted = byTable.values();
        List<KernelRoute> there = made.stream()
                .filter(route -> host.routes().stream().anyMatch(route::isSameEntry))
                .toList();
        for (KernelRoute route : made) {
            if (wanted.stream().noneMatch(route::isSameEntry)) {
                Leftovers.remove(() -> configuration.remove(route));
            }
        }
        made = List.copyOf(wanted);
        for (KernelRoute route : wanted) {
            if (there.stream().noneMatch(route::isSameEntry)) {
                configuration.add(route);
                LOG.info("{}: route to the server while connected: {}", device, host.text(route));
                sayIfTunnelled(configuration, deviceIndex);
            }
        }
        if (found.isEmpty() && isTunnelled) {
            say(NO_WAY);
        } else if (!found.isEmpty() && said.equals(NO_WAY)) {
            say("there is a way to the server again");
        }
    }

    private Optional<KernelRoute> wanted(WayLookup.Way way, HostNetwork host, int deviceIndex) {
        KernelRoute route = way.route();
        if (route.prefixLength() == host.family().bits()) {
            say("the route to the server stays as it is, because it was configured for it: " + host.text(route));
            return Optional.empty();
        }
        SortedMap<Integer, Integer> told = new TreeMap<>(route.metrics());
        metrics.addTo(told);
        return Optional.of(route.toHost(
                        server,
                        new KernelRoute.Key(way.table(), Identity.serverMetric(deviceIndex), Identity.PROTOCOL, 0))
                .with(told));
    }

    /** Rules by mark or port may still lead elsewhere; into the tunnel itself it would never come to anything. */
    private void sayIfTunnelled(NetworkConfiguration configuration, int deviceIndex) throws LinuxException {
        if (configuration
                .match(server, IpView.PROTOCOL_TCP)
                .filter(route -> route.leadsThrough(deviceIndex))
                .isPresent()) {
            say("the way to the server leads into the tunnel itself, by a rule that comes first");
        }
    }

    private void say(String what) {
        if (!said.equals(what)) {
            said = what;
            LOG.warn("{}: {}", device, what);
        }
    }

    /**
     * Makes the kernel forget what it remembers of the server. Connections take {@code reordering} from there, and what
     * is there comes from the route when the first of them ends; it stays for an hour, whatever becomes of the route.
     */
    public static void forget(InetAddress server) throws IOException {
        try (TcpMetrics metrics = TcpMetrics.open()) {
            metrics.forget(server);
        }
    }

    private static void rememberAnew(InetAddress server, int reordering) throws IOException {
        try (TcpMetrics metrics = TcpMetrics.open()) {
            if (metrics.reordering(server).filter(known -> known == reordering).isEmpty()) {
                metrics.forget(server);
            }
        }
    }

    /** What is in force; {@link RouteMetrics#NONE} where the route was left alone. */
    public synchronized RouteMetrics metrics() {
        return made.isEmpty() ? RouteMetrics.NONE : metrics;
    }

    /** Removes the route; the way is then what it was. Does no harm twice. */
    @Override
    public synchronized void close() throws IOException {
        closed = true;
        List<KernelRoute> routes = made;
        made = List.of();
        if (!routes.isEmpty()) {
            try (NetworkConfiguration configuration = NetworkConfiguration.open()) {
                for (KernelRoute route : routes) {
                    Leftovers.remove(() -> configuration.remove(route));
                }
            }
        }
    }
}
