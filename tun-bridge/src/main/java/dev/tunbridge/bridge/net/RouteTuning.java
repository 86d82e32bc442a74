package dev.tunbridge.bridge.net;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Metrics on every route of the TUN device, in whatever table: what local TCP is told of the tunnel. Each call takes a
 * process or two, so a few milliseconds, on a thread of the device's network namespace.
 */
public final class RouteTuning {
    private static final Logger LOG = LoggerFactory.getLogger(RouteTuning.class);

    /** What {@code ip -Numeric} calls the routes that the kernel makes for an address. */
    private static final String PROTO_KERNEL = "2";

    private final String device;
    private final String family;
    private final Map<String, Route> originals = new HashMap<>();

    /** {@code family} is {@code -4} or {@code -6}. */
    public RouteTuning(String device, String family) {
        this.device = device;
        this.family = family;
    }

    /** Sets these on all routes that the device has now; what was set before and is not among them goes. */
    public void apply(RouteMetrics metrics) throws IOException {
        List<String> lines = new ArrayList<>();
        for (Route route : routes()) {
            Route original = originals.computeIfAbsent(route.key(), key -> original(route));
            Route wanted = original.with(metrics);
            if (!wanted.equals(route)) {
                lines.add("route replace " + wanted);
            }
        }
        change(lines);
    }

    /** The routes as they were; one that is gone stays gone. Does no harm twice. */
    public void restore() throws IOException {
        List<String> lines = new ArrayList<>();
        for (Route route : routes()) {
            Route original = originals.get(route.key());
            if (original != null && !original.equals(route)) {
                lines.add("route replace " + original);
            }
        }
        originals.clear();
        change(lines);
    }

    private void change(List<String> lines) throws IOException {
        if (!lines.isEmpty()) {
            LOG.debug("{}: {}", device, lines);
            IpCommand.batch(family, lines);
        }
    }

    /** A route that the kernel made has no metrics of its own: those it has are of a killed process. */
    private static Route original(Route route) {
        return PROTO_KERNEL.equals(route.attributes().get("proto")) ? route.withoutTuning() : route;
    }

    private List<Route> routes() throws IOException {
        // It does not repeat the device that it is asked for.
        return IpCommand.output(family, "-Numeric", "route", "show", "table", "all", "dev", device)
                .lines()
                .flatMap(line -> Route.parse(line).stream())
                .filter(route -> !route.destination().startsWith("fe80:")
                        && !route.destination().startsWith("ff00:"))
                .map(route -> route.with("dev", device))
                .toList();
    }
}
