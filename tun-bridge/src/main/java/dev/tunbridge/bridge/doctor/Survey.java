package dev.tunbridge.bridge.doctor;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * One look at a host for some tunnels. What several checks need is read once, when the first of them asks; a reading that failed fails
 * for each. Of one thread.
 */
final class Survey {
    /** What a socket of this host would take to an address. */
    record Way(String device, String gateway, long routeMtu) {}

    private final Host host;
    private final List<TunnelFacts> tunnels;
    private final Map<String, Object> readings = new LinkedHashMap<>();

    /** A reading that failed. */
    private record Fault(String reason) {}

    /** Reads something. */
    @FunctionalInterface
    private interface Reading<T> {
        T read() throws IOException;
    }

    Survey(Host host, List<TunnelFacts> tunnels) {
        this.host = host;
        this.tunnels = List.copyOf(tunnels);
    }

    Host host() {
        return host;
    }

    List<TunnelFacts> tunnels() {
        return tunnels;
    }

    /** Whether a TUN device is wanted; nobody has said that none is where there is no configuration. */
    boolean usesDevice() {
        return tunnels.isEmpty() || tunnels.stream().anyMatch(TunnelFacts::usesDevice);
    }

    boolean usesCapture() {
        return tunnels.isEmpty() || tunnels.stream().anyMatch(TunnelFacts::usesCapture);
    }

    /** All links with their counters, by name. */
    Map<String, Fields> links() throws IOException {
        return once("links", () -> {
            Map<String, Fields> links = new LinkedHashMap<>();
            host.json("ip", "-j", "-d", "-s", "-s", "link", "show")
                    .forEach(link -> links.put(link.text("ifname"), link));
            return links;
        });
    }

    Optional<Fields> link(String device) throws IOException {
        return Optional.ofNullable(links().get(device));
    }

    /** The way that the kernel takes to an address by its own routes and rules, without a mark. */
    Optional<Way> way(InetAddress address) throws IOException {
        return once("way to " + address.getHostAddress(), () -> {
            Output output = host.run("ip", "-j", "route", "get", address.getHostAddress());
            if (output.exitCode() != 0) {
                return Optional.empty();
            }
            List<Fields> routes = Fields.parse(output.text(), "'ip -j route get'");
            return routes.stream()
                    .filter(route ->
                            !Set.of("unreachable", "blackhole", "prohibit").contains(route.text("type")))
                    .findFirst()
                    .map(route -> new Way(
                            route.text("dev"),
                            route.text("gateway"),
                            route.objects("metrics").stream()
                                    .mapToLong(metric -> metric.number("mtu"))
                                    .max()
                                    .orElse(0)));
        });
    }

    /** The addresses of a tunnel's server. */
    List<InetAddress> addresses(String name) throws IOException {
        return once("name " + name, () -> Names.resolve(host, name));
    }

    /** The addresses of all servers that could be found out; who has none is told of elsewhere. */
    Set<InetAddress> servers() {
        Set<InetAddress> all = new LinkedHashSet<>();
        for (TunnelFacts tunnel : tunnels) {
            tunnel.server().ifPresent(server -> all.addAll(addressesOrNone(server.host())));
        }
        return all;
    }

    private List<InetAddress> addressesOrNone(String name) {
        try {
            return addresses(name);
        } catch (IOException e) {
            return List.of();
        }
    }

    /** The links by which servers are reached, or those of the default routes where no server is known; none of a loopback. */
    List<Fields> uplinks() throws IOException {
        Set<String> devices = new LinkedHashSet<>();
        for (InetAddress server : servers()) {
            way(server).ifPresent(way -> devices.add(way.device()));
        }
        if (tunnels.isEmpty()) {
            for (String family : List.of("-4", "-6")) {
                host.json("ip", "-j", family, "route", "show", "default")
                        .forEach(route -> devices.add(route.text("dev")));
            }
        }
        List<Fields> found = new ArrayList<>();
        for (String device : devices) {
            link(device)
                    .filter(link -> !link.text("link_type").equals("loopback"))
                    .ifPresent(found::add);
        }
        return found;
    }

    /** The routes of the main table, of a family. */
    List<Fields> mainRoutes(InetAddress like) throws IOException {
        String family = family(like);
        return once("routes " + family, () -> host.json("ip", "-j", "-d", family, "route", "show", "table", "main"));
    }

    List<Fields> rules(InetAddress like) throws IOException {
        String family = family(like);
        return once("rules " + family, () -> host.json("ip", "-j", family, "rule", "show"));
    }

    private static String family(InetAddress like) {
        return like instanceof Inet6Address ? "-6" : "-4";
    }

    @SuppressWarnings("unchecked") // each name has one reading
    private <T> T once(String name, Reading<T> reading) throws IOException {
        Object known = readings.get(name);
        if (known == null) {
            try {
                known = reading.read();
            } catch (IOException e) {
                known = new Fault(String.valueOf(e.getMessage()));
            }
            readings.put(name, known);
        }
        if (known instanceof Fault fault) {
            throw new IOException(fault.reason());
        }
        return (T) known;
    }
}
