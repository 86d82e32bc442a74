package dev.tunbridge.bridge.net;

import com.google.common.net.InetAddresses;
import dev.tunbridge.bridge.filter.Prefix;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A host route to the server, for the time of one connection: the same way as without it, and what TCP is to do on it.
 * Made before the connection, because ECN is asked for in its first segment, and removed with it, so that the next one
 * finds its way anew. Each call takes some processes, so some 10 ms, on a thread of the connection's network namespace.
 *
 * <p>It bears a protocol number and a metric of our own, the latter for each TUN device: two bridges to one server do
 * not touch each other's, and what a killed process left is known by it.
 */
public final class ServerRoute implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ServerRoute.class);

    private static final int FIRST_METRIC = 0x5442_0000;
    private static final int METRICS = 1 << 16;

    private static final ServerRoute NONE = new ServerRoute("", "", RouteMetrics.NONE);

    private final String family;
    private final String route;
    private final RouteMetrics metrics;
    private boolean removed;

    private ServerRoute(String family, String route, RouteMetrics metrics) {
        this.family = family;
        this.route = route;
        this.metrics = metrics;
    }

    /**
     * Removes what a killed process has left, and makes the route, where there is something to tell or the tunnel's own
     * routes would take the connection into the tunnel. A host route that somebody has configured stays as it is, and so
     * does one that this could not make again word by word. Then nothing is done, and the log says why.
     *
     * @param tunnelled networks that lead into the device, perhaps already
     */
    public static ServerRoute make(String device, InetAddress server, RouteMetrics metrics, List<Prefix> tunnelled)
            throws IOException {
        String family = server instanceof Inet4Address ? "-4" : "-6";
        removeStale(device, family);
        boolean isTunnelled = tunnelled.stream().anyMatch(network -> network.contains(server));
        if ((metrics.isEmpty() && !isTunnelled) || server.isLoopbackAddress()) {
            return NONE;
        }
        String host = InetAddresses.toAddrString(server);
        String found = IpCommand.output(family, "-Numeric", "route", "get", "fibmatch", host)
                .strip();
        Optional<Route> way = Route.parse(found);
        if (way.isPresent() && device.equals(way.get().attributes().get("dev"))) {
            way = wayBesides(device, family, host);
        }
        if (way.isEmpty()) {
            boolean isIntoItself = (found + " ").contains(" dev " + device + " ");
            if (isIntoItself) {
                LOG.warn("the way to the server {} leads into {} itself: '{}'", host, device, found);
            } else {
                LOG.info("the route to the server {} stays as it is: '{}' is no plain route", host, firstLine(found));
            }
            return NONE;
        }
        Route through = way.get();
        boolean isOurs =
                String.valueOf(StaleRules.PROTOCOL).equals(through.attributes().get("proto"));
        if (through.destination().equals(host) && !isOurs) {
            LOG.info("the route to the server {} stays as it is: '{}' was configured for it", host, found);
            return NONE;
        }
        Route own = new Route(host, through.attributes(), through.metrics())
                .with("proto", String.valueOf(StaleRules.PROTOCOL))
                .with("metric", String.valueOf(metric(device)))
                .with(metrics);
        if (metrics.reordering().isPresent() && !remembers(host, metrics)) {
            forget(server);
        }
        IpCommand.batch(family, List.of("route replace " + own));
        LOG.info("route to the server while connected: {}", own);
        return new ServerRoute(family, own.toString(), metrics);
    }

    /** Where the tunnel's own routes cover the server: the best of the main table's others. */
    private static Optional<Route> wayBesides(String device, String family, String host) throws IOException {
        return IpCommand.output(family, "-Numeric", "route", "show", "match", host)
                .lines()
                .flatMap(line -> Route.parse(line).stream())
                .filter(route ->
                        !device.equals(route.attributes().getOrDefault("dev", device))) // a list of next hops has none
                .min(Comparator.comparingInt((Route route) -> -lengthOf(route.destination()))
                        .thenComparingLong(
                                route -> Long.parseLong(route.attributes().getOrDefault("metric", "0"))));
    }

    private static int lengthOf(String destination) {
        int slash = destination.indexOf('/');
        if (destination.equals("default")) {
            return 0;
        }
        return slash < 0 ? Integer.MAX_VALUE : Integer.parseInt(destination.substring(slash + 1));
    }

    /**
     * Makes the kernel forget what it remembers of the server. Connections take {@code reordering} from there, and what
     * is there comes from the route when the first of them ends; it stays for an hour, whatever becomes of the route.
     */
    public static void forget(InetAddress server) throws IOException {
        IpCommand.remove("tcp_metrics", "delete", InetAddresses.toAddrString(server));
    }

    private static boolean remembers(String host, RouteMetrics metrics) throws IOException {
        return (IpCommand.output("tcp_metrics", "show", host) + " ")
                .contains(" reordering " + metrics.reordering().orElseThrow() + " ");
    }

    /** What is in force; {@link RouteMetrics#NONE} where the route was left alone. */
    public RouteMetrics metrics() {
        return metrics;
    }

    /** Removes the route; the way is then what it was. Does no harm twice. */
    @Override
    public synchronized void close() throws IOException {
        if (!removed && !route.isEmpty()) {
            removed = true;
            remove(family, route);
        }
    }

    private static void remove(String family, String route) throws IOException {
        IpCommand.remove((family + " route del " + route).split(" ", -1));
    }

    /** Routes of ours of this device, which nobody else has now, and of devices that are gone. */
    private static void removeStale(String device, String family) throws IOException {
        String shown = IpCommand.output(
                family, "-Numeric", "route", "show", "table", "all", "proto", String.valueOf(StaleRules.PROTOCOL));
        for (String line : shown.lines().toList()) {
            Optional<Route> route = Route.parse(line).map(ours -> ours.with("proto", "" + StaleRules.PROTOCOL));
            if (route.isPresent() && isStale(route.get(), device)) {
                LOG.info("removing the route of an earlier connection: {}", route.get());
                remove(family, route.get().toString());
            }
        }
    }

    private static boolean isStale(Route route, String device) throws IOException {
        String metric = route.attributes().getOrDefault("metric", "");
        if (metric.equals(String.valueOf(metric(device)))) {
            return true;
        }
        return IpCommand.output("-o", "link", "show")
                .lines()
                .map(line -> line.split(":", -1)[1].strip().replaceAll("@.*", ""))
                .noneMatch(living -> metric.equals(String.valueOf(metric(living))));
    }

    private static int metric(String device) {
        return FIRST_METRIC + Math.floorMod(device.hashCode(), METRICS);
    }

    private static String firstLine(String text) {
        return text.lines().findFirst().orElse("");
    }
}
