package dev.tunbridge.reassembly.capture;

import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Writes a {@link CaptureFilter} in the language of libpcap (pcap-filter(7)). It says nothing of the direction: libpcap
 * itself filters what waits when a filter is set, at least one packet, and there {@code inbound} and {@code outbound}
 * match nothing.
 */
final class FilterExpression {
    private FilterExpression() {}

    static String of(CaptureFilter filter) {
        if (filter instanceof CaptureFilter.Inbound inbound) {
            return tcp(
                    Optional.of(inbound.path().remote()),
                    Optional.of(inbound.path().local()));
        }
        if (filter instanceof CaptureFilter.Connection connection) {
            Optional<InetSocketAddress> local = Optional.of(connection.path().local());
            Optional<InetSocketAddress> remote = Optional.of(connection.path().remote());
            return either(tcp(remote, local), tcp(local, remote));
        }
        if (filter instanceof CaptureFilter.Remote remote) {
            Optional<InetSocketAddress> end = Optional.of(remote.address());
            return either(tcp(end, Optional.empty()), tcp(Optional.empty(), end));
        }
        return "ip or ip6";
    }

    private static String either(String one, String other) {
        return "(" + one + ") or (" + other + ")";
    }

    private static String tcp(Optional<InetSocketAddress> source, Optional<InetSocketAddress> destination) {
        boolean v6 = source.or(() -> destination).orElseThrow().getAddress() instanceof Inet6Address;
        List<String> terms = new ArrayList<>();
        terms.add(v6 ? "ip6" : "ip");
        source.ifPresent(end -> terms.add("src host " + end.getAddress().getHostAddress()));
        destination.ifPresent(end -> terms.add("dst host " + end.getAddress().getHostAddress()));
        // Later fragments and what follows an extension header show no ports: see CaptureFilter.
        terms.add(
                v6
                        ? "((ip6[6] == 6 and " + ports(40, source, destination) + ")"
                                + " or (ip6[6] == 44 and ip6[40] == 6 and (ip6[42:2] & 0xfff8 != 0 or "
                                + ports(48, source, destination) + "))"
                                + " or ip6[6] == 0 or ip6[6] == 43 or ip6[6] == 51 or ip6[6] == 60)"
                        : "ip[9] == 6 and (ip[6:2] & 0x1fff != 0 or " + ports(source, destination) + ")");
        return String.join(" and ", terms);
    }

    private static String ports(Optional<InetSocketAddress> source, Optional<InetSocketAddress> destination) {
        return joined(
                source.map(end -> "tcp src port " + end.getPort()),
                destination.map(end -> "tcp dst port " + end.getPort()));
    }

    private static String ports(int at, Optional<InetSocketAddress> source, Optional<InetSocketAddress> destination) {
        return joined(
                source.map(end -> "ip6[" + at + ":2] == " + end.getPort()),
                destination.map(end -> "ip6[" + (at + 2) + ":2] == " + end.getPort()));
    }

    /** In brackets, because this language gives {@code and} no precedence over {@code or}. */
    private static String joined(Optional<String> first, Optional<String> second) {
        return Stream.of(first, second).flatMap(Optional::stream).collect(Collectors.joining(" and ", "(", ")"));
    }
}
