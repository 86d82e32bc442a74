package dev.tunbridge.linux.netlink;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.linux.LinuxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is read is what {@code ip} shows; what is read, removed and added again is what was there. */
class ConfigurationOracleTest {
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void readsWhatIpShowsAndPutsItBackAsItWas(long seed) throws Exception {
        try (OtherHost host = new OtherHost();
                NetworkConfiguration network = host.configuration()) {
            host.batch(new RandomHost(seed).lines());
            settle(host);
            String before = compare(host, network);

            putBackRules(network);
            assertThat(host.everything()).as("rules, seed %s", seed).isEqualTo(before);
            putBackRoutesWithoutRules(network);
            assertThat(sorted(host)).as("routes, seed %s", seed).isEqualTo(sorted(before));
            putBackAddresses(network);
            assertThat(addresses(host)).as("addresses, seed %s", seed).isEqualTo(addresses(before));
            compare(host, network);
        }
    }

    /** The kernel tells IPv6 of a carrier up to a second after it came or went. */
    private static void settle(OtherHost host) throws Exception {
        long deadline = System.nanoTime() + 5_000_000_000L;
        while (host.ip("-o link").lines().anyMatch(ConfigurationOracleTest::isOnItsWay)
                && System.nanoTime() < deadline) {
            Thread.onSpinWait();
        }
    }

    private static boolean isOnItsWay(String link) {
        return (link.contains("LOWER_UP") && link.contains("DOWN "))
                || (link.contains("NO-CARRIER") && link.contains("state UP"));
    }

    private static String compare(OtherHost host, NetworkConfiguration network) throws Exception {
        List<Link> links = network.links();
        IpView view = new IpView(links);
        same("links", links, view::link, links(host));
        same("addresses", network.addresses(), view::address, addressObjects(host));
        for (AddressFamily family : AddressFamily.values()) {
            String option = family == AddressFamily.IPV4 ? "-4 " : "-6 ";
            List<Map<String, Object>> routes = host.json(option + "route show table all");
            routes.forEach(route -> route.remove("nh_info"));
            assertThat(routes).hasSizeGreaterThan(20);
            same(option + "routes", network.routes(family), view::route, routes);
            List<Map<String, Object>> rules = host.json(option + "rule");
            assertThat(rules).hasSizeGreaterThan(8);
            same(option + "rules", network.rules(family), view::rule, rules);
        }
        return host.everything();
    }

    private static <T> void same(
            String what, List<T> ours, Function<T, Map<String, Object>> view, List<Map<String, Object>> theirs) {
        assertThat(ours.stream().map(view).map(Map::toString))
                .as(what)
                .containsExactlyElementsOf(theirs.stream().map(Map::toString).toList());
    }

    private static List<Map<String, Object>> links(OtherHost host) throws Exception {
        List<String> compared =
                List.of("ifindex", "ifname", "mtu", "txqlen", "master", "ifalias", "inet6_addr_gen_mode");
        List<Map<String, Object>> links = new ArrayList<>();
        for (Map<String, Object> shown : host.json("link")) {
            Map<String, Object> link = new TreeMap<>();
            compared.stream().filter(shown::containsKey).forEach(key -> link.put(key, value(shown, key)));
            TreeSet<Object> flags = new TreeSet<>(Json.list(value(shown, "flags")));
            flags.remove("M-DOWN"); // of the other end of the cable
            link.put("flags", flags);
            if (shown.containsKey("linkinfo")) {
                link.put("info_kind", value(Json.object(value(shown, "linkinfo")), "info_kind"));
            }
            links.add(link);
        }
        return links;
    }

    private static List<Map<String, Object>> addressObjects(OtherHost host) throws Exception {
        List<Map<String, Object>> addresses = new ArrayList<>();
        // The kernel lists all of IPv4 before all of IPv6, ip link by link.
        for (String family : List.of("-4 addr", "-6 addr")) {
            for (Map<String, Object> link : host.json(family)) {
                for (Object each : Json.list(value(link, "addr_info"))) {
                    Map<String, Object> address = Json.object(each);
                    assertThat(address.remove("valid_life_time")).isEqualTo(0xffff_ffffL);
                    address.remove("preferred_life_time");
                    address.remove("protocol"); // of IPv6 addresses, since ip of 6.3
                    address.put("dev", value(link, "ifname"));
                    addresses.add(address);
                }
            }
        }
        return addresses;
    }

    private static Object value(Map<String, Object> object, String key) {
        return java.util.Objects.requireNonNull(object.get(key), key);
    }

    /** Adding is refused where it is still there, so each was removed. */
    private static void putBackRules(NetworkConfiguration network) throws LinuxException {
        for (AddressFamily family : AddressFamily.values()) {
            for (PolicyRule rule : network.rules(family)) {
                network.remove(rule);
                network.add(rule);
            }
        }
    }

    /** A gateway must be found by the rules, and some of these refuse everything. */
    private static void putBackRoutesWithoutRules(NetworkConfiguration network) throws LinuxException {
        List<PolicyRule> rules = new ArrayList<>();
        for (AddressFamily family : AddressFamily.values()) {
            for (PolicyRule rule : network.rules(family)) {
                if (rule.protocol() != KernelRoute.PROTOCOL_KERNEL) {
                    network.remove(rule);
                    rules.add(rule);
                }
            }
        }
        putBackRoutes(network);
        for (PolicyRule rule : rules) {
            network.add(rule);
        }
    }

    /** Those of the kernel come and go with their address. */
    private static void putBackRoutes(NetworkConfiguration network) throws LinuxException {
        for (AddressFamily family : AddressFamily.values()) {
            for (KernelRoute route : network.routes(family)) {
                if (route.key().protocol() != KernelRoute.PROTOCOL_KERNEL) {
                    network.remove(route);
                    network.add(route);
                }
            }
        }
    }

    private static void putBackAddresses(NetworkConfiguration network) throws LinuxException {
        for (InterfaceAddress address : network.addresses()) {
            boolean isLinkLocal = address.address().isLinkLocalAddress();
            boolean isGateways = address.address().getHostAddress().startsWith("198.18.")
                    || address.address().getHostAddress().startsWith("2001:2:0:0:"); // routes lean on these
            if (!isLinkLocal && !isGateways) {
                network.remove(address);
                network.add(address);
            }
        }
    }

    private static List<String> sorted(OtherHost host) throws Exception {
        return sorted(host.everything());
    }

    private static List<String> sorted(String everything) {
        return everything.lines().sorted().toList();
    }

    /** Those of one interface in any order. */
    private static List<String> addresses(OtherHost host) throws Exception {
        return addresses(host.everything());
    }

    private static List<String> addresses(String everything) {
        return Stream.of(everything.split("\n"))
                .filter(line -> line.contains("valid_lft"))
                .sorted()
                .toList();
    }
}
