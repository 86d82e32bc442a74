package dev.tunbridge.bridge.doctor;

import dev.tunbridge.bridge.answers.MappingMode;
import dev.tunbridge.bridge.filter.AllowRule;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/** Services whose answers would leave by another interface than the one the question came by. */
final class ServiceChecks {
    static final List<Check> ALL = List.of(ServiceChecks::wildcards);

    /** DHCP clients, mDNS and LLMNR answer nobody from beyond the link. */
    private static final Set<Integer> OF_THE_LINK = Set.of(68, 546, 5353, 5355);

    /** {@code TCP_CLOSE}: what UDP sockets that are not connected show (udp4_format_sock in net/ipv4/udp.c). */
    private static final String NOT_CONNECTED = "07";

    private static final int NAMED = 8;

    private ServiceChecks() {}

    private static void wildcards(Survey survey, Findings findings) throws IOException {
        for (TunnelFacts tunnel : survey.tunnels()) {
            boolean reachesAll = tunnel.routes().stream().anyMatch(network -> network.length() == 0);
            if (!tunnel.usesDevice() || tunnel.mapping() != MappingMode.OFF || reachesAll) {
                continue;
            }
            List<Integer> ports = ports(survey.host()).stream()
                    .filter(port -> !OF_THE_LINK.contains(port) && isAllowed(port, tunnel.allowed()))
                    .toList();
            if (!ports.isEmpty()) {
                String named = String.join(
                        ", ", ports.stream().limit(NAMED).map(String::valueOf).toList());
                findings.add(Finding.of(
                        FindingCode.UDP_SERVICE_WITHOUT_ADDRESS,
                        tunnel.device(),
                        "/proc/net/udp has sockets bound to no address: port " + named
                                + (ports.size() > NAMED ? " and " + (ports.size() - NAMED) + " more" : "")
                                + "; mapping is off",
                        "--set mapping=auto (or bind the service to the device's address)"));
            }
        }
    }

    private static boolean isAllowed(int port, List<AllowRule> rules) {
        return rules.isEmpty()
                || rules.stream()
                        .anyMatch(rule -> rule.protocol() == AllowRule.Protocol.UDP
                                && (rule.side() == AllowRule.Side.REMOTE
                                        || (rule.firstPort() <= port && port <= rule.lastPort())));
    }

    /** {@code sl: ADDRESS:PORT ADDRESS:PORT STATE ...} in hexadecimal. */
    private static SortedSet<Integer> ports(Host host) throws IOException {
        SortedSet<Integer> ports = new TreeSet<>();
        for (String file : List.of("udp", "udp6")) {
            Optional<String> sockets = host.read("/proc/thread-self/net/" + file);
            sockets.stream().flatMap(String::lines).skip(1).forEach(line -> {
                String[] fields = line.strip().split("\\s+", -1);
                int colon = fields.length > 3 ? fields[1].indexOf(':') : -1;
                if (colon > 0
                        && fields[3].equals(NOT_CONNECTED)
                        && fields[1].substring(0, colon).chars().allMatch(digit -> digit == '0')) {
                    ports.add(Integer.parseInt(fields[1].substring(colon + 1), 16));
                }
            });
        }
        return ports;
    }
}
