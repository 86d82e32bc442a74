package dev.tunbridge.bridge.doctor;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the way to a server does to long packets. */
final class PathChecks {
    static final List<Check> ALL =
            List.of(PathChecks::holes, PathChecks::segments, PathChecks::fragments, PathChecks::reassembly);

    /** Header of IP without options, and of an ICMP echo. */
    private static final int ECHO_BYTES = 20 + 8;

    private static final int ECHO6_BYTES = 40 + 8;

    /** Usual sizes below Ethernet's: PPPoE, tunnels, the least of IPv6, the least that every host takes in one piece. */
    private static final int[] USUAL_MTUS = {1492, 1460, 1420, 1400, 1280, 1000, 576};

    /** What a path takes in one piece on which nobody has narrowed anything; shorter segments have a reason. */
    private static final long SHORT_SEGMENT = 1200;

    /** One packet in a hundred. */
    private static final int SHARE = 100;

    /** Fewer say nothing. */
    private static final long LEAST = 20;

    private static final Pattern MSS = Pattern.compile("\\bmss:(\\d{1,6})\\b");
    private static final Pattern ADVMSS = Pattern.compile("\\badvmss:(\\d{1,6})\\b");

    private PathChecks() {}

    /** Asks by echo requests that must not be fragmented. Who answers none is not known about. */
    private static void holes(Survey survey, Findings findings) throws IOException {
        for (InetAddress server : survey.servers()) {
            Optional<Survey.Way> way = survey.way(server);
            if (way.isEmpty() || server.isLoopbackAddress()) {
                continue;
            }
            Optional<Fields> link = survey.link(way.get().device());
            if (link.isEmpty() || link.get().text("link_type").equals("loopback")) {
                continue;
            }
            long linkMtu = link.get().number("mtu");
            long known = way.get().routeMtu();
            String text = server.getHostAddress();
            if (known > 0 && known < linkMtu) {
                findings.add(Finding.of(
                        FindingCode.PATH_MTU_SMALL,
                        text,
                        "'ip route get " + text + "' says mtu " + known + ", that of "
                                + way.get().device() + " is " + linkMtu,
                        ""));
            }
            int mtu = (int) (known > 0 ? Math.min(known, linkMtu) : linkMtu);
            if (!answers(survey.host(), server, USUAL_MTUS[USUAL_MTUS.length - 1])) {
                findings.unknown("whether long packets reach " + text + ": it answers no echo request");
            } else if (!answers(survey.host(), server, mtu) && !isToldNow(survey.host(), server, mtu)) {
                int most = most(survey.host(), server, mtu);
                findings.add(Finding.of(
                        FindingCode.PATH_MTU_HOLE,
                        text,
                        "ping -M do: packets of " + mtu + " bytes get no answer and no error, those of " + most + " do",
                        "let ICMP type 3 code 4 (IPv6: type 2) pass on the way; or: --set socket.max-segment="
                                + (most - (server instanceof Inet6Address ? 60 : 40))));
            }
        }
    }

    /** Whether a router has said by now what passes: then it is no hole. */
    private static boolean isToldNow(Host host, InetAddress server, int mtu) throws IOException {
        List<Fields> routes = host.json("ip", "-j", "route", "get", server.getHostAddress());
        return routes.stream()
                .flatMap(route -> route.objects("metrics").stream())
                .anyMatch(metric -> metric.number("mtu") > 0 && metric.number("mtu") < mtu);
    }

    private static int most(Host host, InetAddress server, int failed) throws IOException {
        for (int mtu : USUAL_MTUS) {
            if (mtu < failed && answers(host, server, mtu)) {
                return mtu;
            }
        }
        return USUAL_MTUS[USUAL_MTUS.length - 1];
    }

    /** Two requests at most, as one may be lost. */
    private static boolean answers(Host host, InetAddress server, int mtu) throws IOException {
        boolean isIpv6 = server instanceof Inet6Address;
        String payload = String.valueOf(mtu - (isIpv6 ? ECHO6_BYTES : ECHO_BYTES));
        Output output = host.run(
                "ping",
                isIpv6 ? "-6" : "-4",
                "-n",
                "-q",
                "-M",
                "do",
                "-i",
                "0.3",
                "-c",
                "2",
                "-W",
                "1",
                "-s",
                payload,
                server.getHostAddress());
        if (output.exitCode() > 1) {
            throw new IOException(
                    "whether long packets reach " + server.getHostAddress() + ": ping says " + output.reason());
        }
        return output.exitCode() == 0;
    }

    /** Of the outer connections that stand now. */
    private static void segments(Survey survey, Findings findings) throws IOException {
        for (TunnelFacts tunnel : survey.tunnels()) {
            if (tunnel.server().isEmpty()) {
                continue;
            }
            int port = tunnel.server().get().port();
            for (InetAddress server : survey.servers()) {
                String text = Sockets.connections(survey.host(), server, port);
                long mss = first(MSS, text);
                long offered = first(ADVMSS, text);
                if (mss > 0 && mss < SHORT_SEGMENT && offered > mss) {
                    findings.add(
                            Finding.of(
                                    FindingCode.OUTER_SEGMENTS_SHORT,
                                    tunnel.device(),
                                    "'ss -ti' says mss:" + mss + " advmss:" + offered + " of the connection to "
                                            + server.getHostAddress(),
                                    "look for what clamps it: nft list ruleset | grep maxseg, the server's MTU, tunnels on the way"));
                }
            }
        }
    }

    private static long first(Pattern pattern, String text) {
        Matcher found = pattern.matcher(text);
        return found.find() ? Long.parseLong(found.group(1)) : 0;
    }

    private static void fragments(Survey survey, Findings findings) throws IOException {
        Map<String, Long> counters = Kernels.counters(survey.host(), "/proc/thread-self/net/snmp");
        long made = counters.getOrDefault("Ip.FragCreates", 0L);
        long sent = counters.getOrDefault("Ip.OutRequests", 0L);
        Map<String, Long> counters6 = ipv6(survey.host());
        long made6 = counters6.getOrDefault("Ip6FragCreates", 0L);
        long sent6 = counters6.getOrDefault("Ip6OutRequests", 0L);
        if (made + made6 >= LEAST && (made + made6) * SHARE > sent + sent6) {
            findings.add(
                    Finding.of(
                            FindingCode.FRAGMENTS_SENT,
                            Finding.HOST,
                            "/proc/net/snmp and snmp6 have FragCreates " + (made + made6) + ", OutRequests "
                                    + (sent + sent6),
                            "where the datagrams go into the tunnel: let the application send shorter ones (route.mtu=auto tells it)"));
        }
    }

    private static void reassembly(Survey survey, Findings findings) throws IOException {
        Map<String, Long> counters = Kernels.counters(survey.host(), "/proc/thread-self/net/snmp");
        Map<String, Long> counters6 = ipv6(survey.host());
        long failed = counters.getOrDefault("Ip.ReasmFails", 0L) + counters6.getOrDefault("Ip6ReasmFails", 0L);
        long asked = counters.getOrDefault("Ip.ReasmReqds", 0L) + counters6.getOrDefault("Ip6ReasmReqds", 0L);
        if (failed >= LEAST && failed * SHARE > asked) {
            findings.add(Finding.of(
                    FindingCode.REASSEMBLY_FAILS,
                    Finding.HOST,
                    "/proc/net/snmp and snmp6 have ReasmFails " + failed + ", ReasmReqds " + asked,
                    "sysctl net.ipv4.ipfrag_high_thresh net.ipv6.ip6frag_high_thresh (4194304 is usual); else fragments are"
                            + " lost on the way: shorter datagrams"));
        }
    }

    private static Map<String, Long> ipv6(Host host) throws IOException {
        String file = "/proc/thread-self/net/snmp6";
        return host.read(file).isPresent() ? Kernels.pairs(host, file) : Map.of();
    }
}
