package dev.tunbridge.bridge.doctor;

import dev.tunbridge.bridge.config.HostAddress;
import dev.tunbridge.bridge.config.OverlapPolicy;
import dev.tunbridge.bridge.filter.Prefix;
import java.io.IOException;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;

/** Routes and rules of the host that take a tunnel's traffic, or answers to it, elsewhere. */
final class RouteChecks {
    static final List<Check> ALL =
            List.of(RouteChecks::routes, RouteChecks::address, RouteChecks::rules, RouteChecks::reversePath);

    /** The protocol number of what bridges have made (Identity). */
    private static final String OURS = "84";

    /** The metric of a tunnel's routes: one with less wins. */
    private static final long METRIC = 84;

    private static final List<String> SELECTORS =
            List.of("fwmark", "uid_start", "ipproto", "sport", "sport_start", "dport", "dport_start", "tos", "dst");

    private RouteChecks() {}

    private static void routes(Survey survey, Findings findings) throws IOException {
        for (TunnelFacts tunnel : survey.tunnels()) {
            if (!tunnel.usesDevice()) {
                continue;
            }
            for (Prefix wanted : tunnel.routes()) {
                for (Fields route : survey.mainRoutes(wanted.address())) {
                    conflict(tunnel, wanted, route).ifPresent(findings::add);
                }
            }
        }
    }

    private static Optional<Finding> conflict(TunnelFacts tunnel, Prefix wanted, Fields route) {
        Optional<Prefix> network = network(route.text("dst"), wanted.address());
        if (network.isEmpty()
                || isOurs(route)
                || route.text("dev").equals(tunnel.device())
                || !wanted.overlaps(network.get())
                || network.get().length() < wanted.length()) {
            return Optional.empty();
        }
        String there =
                "'ip route' has " + network.get() + " dev " + route.text("dev") + " metric " + route.number("metric");
        String remove =
                "ip route del " + network.get() + " dev " + route.text("dev") + " metric " + route.number("metric");
        if (network.get().equals(wanted)) {
            if (wanted.length() == 0) {
                return Optional.empty(); // the two halves of it win over any default route
            }
            return route.number("metric") < METRIC
                    ? Optional.of(Finding.of(
                            FindingCode.ROUTE_COMES_FIRST, tunnel.device(), there + "; routes has the same", remove))
                    : Optional.empty();
        }
        // With a default route the LAN is meant to stay.
        return wanted.length() == 0
                ? Optional.empty()
                : Optional.of(Finding.of(
                        FindingCode.ROUTE_MORE_SPECIFIC,
                        tunnel.device(),
                        there + ", within " + wanted + " of routes",
                        "where it is meant for the tunnel: " + remove));
    }

    private static boolean isOurs(Fields thing) {
        return thing.text("protocol").equals(OURS);
    }

    private static Optional<Prefix> network(String destination, InetAddress like) {
        int bits = like.getAddress().length * Byte.SIZE;
        try {
            Prefix found = destination.equals("default") ? Prefix.of(like, 0) : Prefix.parse(destination);
            return found.address().getAddress().length * Byte.SIZE == bits ? Optional.of(found) : Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.empty(); // a name of a route that is no network
        }
    }

    private static void address(Survey survey, Findings findings) throws IOException {
        for (TunnelFacts tunnel : survey.tunnels()) {
            if (tunnel.address().isEmpty() || !tunnel.usesDevice()) {
                continue;
            }
            HostAddress wanted = tunnel.address().get();
            String text = wanted.address().getHostAddress();
            for (Fields link : survey.host().json("ip", "-j", "addr", "show")) {
                for (Fields address : link.objects("addr_info")) {
                    Optional<Prefix> there = network(address.text("local"), wanted.address());
                    if (!link.text("ifname").equals(tunnel.device())
                            && there.isPresent()
                            && there.get().address().equals(wanted.address())) {
                        findings.add(Finding.of(
                                FindingCode.ADDRESS_TAKEN,
                                tunnel.device(),
                                "'ip addr' has " + text + " on " + link.text("ifname")
                                        + ", and tunnel.device-address is the same",
                                "ip addr del " + text + "/" + address.number("prefixlen") + " dev "
                                        + link.text("ifname")
                                        + (tunnel.overlap() == OverlapPolicy.REFUSE
                                                ? " (or --set tun.overlap=warn)"
                                                : "")));
                    }
                }
            }
        }
    }

    private static void rules(Survey survey, Findings findings) throws IOException {
        for (TunnelFacts tunnel : survey.tunnels()) {
            if (!tunnel.usesDevice() || tunnel.rulePriority().isEmpty()) {
                continue;
            }
            InetAddress like = tunnel.address()
                    .map(HostAddress::address)
                    .orElse(Prefix.parse("0.0.0.0/0").address());
            for (Fields rule : survey.rules(like)) {
                if (rule.number("priority") <= tunnel.rulePriority().getAsInt() && mayTake(rule, tunnel, like)) {
                    boolean isForSome = SELECTORS.stream().anyMatch(rule::has);
                    findings.add(Finding.of(
                            isForSome ? FindingCode.RULE_FOR_SOME_FIRST : FindingCode.RULE_COMES_FIRST,
                            tunnel.device(),
                            "'ip rule' has " + words(rule) + "; source-rule-priority is "
                                    + tunnel.rulePriority().getAsInt(),
                            rule.number("priority") > 1
                                    ? "--set source-rule-priority=" + (rule.number("priority") - 1)
                                    : "ip rule del pref " + rule.number("priority")));
                }
            }
        }
    }

    /**
     * Whether it decides for an answer from the device's address, before the tunnel's own rule is asked. Not one that passes over default
     * routes: it leaves networks to the host that the host knows.
     */
    private static boolean mayTake(Fields rule, TunnelFacts tunnel, InetAddress like) {
        boolean isForForwarded = rule.has("iif") && !rule.text("iif").equals("lo");
        boolean decides = rule.has("table")
                ? !rule.text("table").equals("local") && !rule.has("suppress_prefixlen") && !rule.has("l3mdev")
                : rule.has("action") && !rule.text("action").equals("nop");
        return decides && !isForForwarded && !isOurs(rule) && !rule.has("oif") && isFrom(rule, tunnel, like);
    }

    private static boolean isFrom(Fields rule, TunnelFacts tunnel, InetAddress like) {
        String source = rule.text("src");
        if (source.isEmpty() || source.equals("all")) {
            return !rule.has("not");
        }
        Optional<Prefix> network = network(rule.has("srclen") ? source + "/" + rule.number("srclen") : source, like);
        boolean isWithin = tunnel.address().isPresent()
                && network.isPresent()
                && network.get().contains(tunnel.address().get().address());
        return rule.has("not") != isWithin;
    }

    private static String words(Fields rule) {
        StringBuilder words = new StringBuilder()
                .append(rule.number("priority"))
                .append(": from ")
                .append(rule.text("src"));
        if (rule.has("srclen")) {
            words.append('/').append(rule.number("srclen"));
        }
        for (String selector : SELECTORS) {
            if (rule.has(selector)) {
                words.append(' ').append(selector).append(' ').append(rule.text(selector));
            }
        }
        return words.append(rule.has("table") ? " lookup " + rule.text("table") : " " + rule.text("action"))
                .toString();
    }

    /** Of this namespace since it was made; which interface, the kernel does not say (fib_validate_source). */
    private static void reversePath(Survey survey, Findings findings) throws IOException {
        long dropped = Kernels.counters(survey.host(), "/proc/thread-self/net/netstat")
                .getOrDefault("TcpExt.IPReversePathFilter", 0L);
        if (dropped > 0) {
            findings.add(Finding.of(
                    FindingCode.REVERSE_PATH_DROPS,
                    Finding.HOST,
                    "/proc/net/netstat has IPReversePathFilter " + dropped,
                    "sysctl net.ipv4.conf | grep '\\.rp_filter = 1'; for the interface with more than one way: sysctl -w"
                            + " net.ipv4.conf.INTERFACE.rp_filter=2"));
        }
    }
}
