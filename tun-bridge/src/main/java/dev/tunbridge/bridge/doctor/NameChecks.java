package dev.tunbridge.bridge.doctor;

import dev.tunbridge.bridge.config.Endpoint;
import java.io.IOException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Whether a server's name has addresses, and whether each of them takes a connection. */
final class NameChecks {
    static final List<Check> ALL = List.of(NameChecks::servers);

    private static final long SLOW_NANOS = 1_000_000_000;

    private NameChecks() {}

    private static void servers(Survey survey, Findings findings) throws IOException {
        for (TunnelFacts tunnel : survey.tunnels()) {
            if (tunnel.server().isPresent()) {
                server(survey, tunnel, tunnel.server().get(), findings);
            }
        }
    }

    private static void server(Survey survey, TunnelFacts tunnel, Endpoint server, Findings findings)
            throws IOException {
        List<InetAddress> addresses;
        long began = System.nanoTime();
        try {
            addresses = survey.addresses(server.host());
        } catch (IOException e) {
            findings.add(Finding.of(
                    FindingCode.NAME_UNRESOLVED,
                    tunnel.device(),
                    String.valueOf(e.getMessage()),
                    "getent ahosts " + server.host() + " (and look at /etc/resolv.conf)"));
            return;
        }
        long took = System.nanoTime() - began;
        if (took > SLOW_NANOS) {
            findings.add(Finding.of(
                    FindingCode.NAME_SLOW,
                    tunnel.device(),
                    "the name '" + server.host() + "' took " + took / 1_000_000 + " ms",
                    "put a name server that answers first into /etc/resolv.conf, or the address into /etc/hosts"));
        }
        List<InetAddress> reachable = new ArrayList<>();
        for (InetAddress address : addresses) {
            Optional<Survey.Way> way = survey.way(address);
            if (way.isEmpty()) {
                continue;
            }
            if (way.get().device().equals(tunnel.device())) {
                findings.add(Finding.of(
                        FindingCode.SERVER_THROUGH_TUNNEL,
                        tunnel.device(),
                        "'ip route get " + address.getHostAddress() + "' leads through " + tunnel.device(),
                        "ip route show table all " + address.getHostAddress()
                                + "; remove the route or rule that leads there"));
            }
            reachable.add(address);
        }
        Map<InetAddress, String> faults =
                Probe.connect(unconnected(survey.host(), reachable, server.port()), server.port());
        tell(tunnel, server, addresses, reachable, faults, findings);
    }

    /** A server that has one client at a time would drop the tunnel for a second connection, and one that stands is answer enough. */
    private static List<InetAddress> unconnected(Host host, List<InetAddress> addresses, int port) throws IOException {
        List<InetAddress> others = new ArrayList<>();
        for (InetAddress address : addresses) {
            if (Sockets.connections(host, address, port).isBlank()) {
                others.add(address);
            }
        }
        return others;
    }

    private static void tell(
            TunnelFacts tunnel,
            Endpoint server,
            List<InetAddress> addresses,
            List<InetAddress> reachable,
            Map<InetAddress, String> faults,
            Findings findings) {
        if (reachable.isEmpty()) {
            findings.add(Finding.of(
                    FindingCode.SERVER_NO_ROUTE,
                    tunnel.device(),
                    "'ip route get' has no way to " + words(addresses),
                    "ip route add default via GATEWAY dev INTERFACE"));
            return;
        }
        List<String> dead = new ArrayList<>();
        for (InetAddress address : addresses) {
            String fault = reachable.contains(address) ? faults.get(address) : "no route";
            if (fault != null) {
                dead.add(address.getHostAddress() + " port " + server.port() + ": " + fault);
            }
        }
        if (dead.size() == addresses.size()) {
            findings.add(Finding.of(
                    FindingCode.SERVER_UNREACHABLE,
                    tunnel.device(),
                    String.join("; ", dead),
                    "start the server, or let it through at a firewall on the way (traceroute -T -p " + server.port()
                            + " " + server.host() + ")"));
        } else if (!dead.isEmpty()) {
            findings.add(Finding.of(
                    FindingCode.SERVER_ADDRESS_DEAD,
                    tunnel.device(),
                    "of the addresses of '" + server.host() + "': " + String.join("; ", dead),
                    "take it out of the name, or name an address that answers: --server ADDRESS:" + server.port()));
        }
    }

    private static String words(List<InetAddress> addresses) {
        return String.join(
                ", ", addresses.stream().map(InetAddress::getHostAddress).toList());
    }
}
