package dev.tunbridge.bridge.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tunbridge.bridge.filter.Prefix;
import dev.tunbridge.bridge.net.TunAddressing.Overlaps;
import dev.tunbridge.bridge.net.TunAddressing.SourceRule;
import dev.tunbridge.linux.Interfaces;
import dev.tunbridge.linux.TunInterface;
import dev.tunbridge.linux.netlink.AddressFamily;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A host that has other networks, tunnels and rules: they are its owner's, and stay as they are. */
class OtherNetworksTest {
    private static final RouteMetrics TUNED = new RouteMetrics(
            OptionalInt.of(300),
            RouteMetrics.Flag.SET,
            RouteMetrics.Flag.LEFT,
            OptionalInt.empty(),
            OptionalInt.empty(),
            OptionalInt.of(10));

    private TestNamespace host;
    private String untouched = "";

    @BeforeEach
    void openHost() throws IOException {
        host = TestNamespace.open();
        lan("lan0", "198.18.88.1/24", "2001:2:0:88::1/64");
        lan("up0", "198.18.0.1/30", "2001:2::1/64");
        host.inside("route", "add", "default", "via", "198.18.0.2");
        host.inside("-6", "route", "add", "default", "via", "2001:2::2", "metric", "512");
        untouched = everything();
    }

    @AfterEach
    void leavesTheHostAsItWas() throws IOException {
        if (host != null) {
            try {
                assertThat(everything()).isEqualTo(untouched);
            } finally {
                host.close();
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "198.18.88.9, 24, 198.18.88.0/24 dev lan0",
        "198.18.88.1, 24, the address of lan0",
        "198.18.88.9, 30, 198.18.88.0/24 dev lan0",
        "198.18.99.9, 16, 198.18.88.0/24 dev lan0",
        "2001:2:0:88::9, 64, 2001:2:0:88:0:0:0:0/64 dev lan0"
    })
    void refusesANetworkThatTheHostHasAWayTo(String address, int prefixLength, String name) throws Exception {
        try (TunInterface tun = host.openTun("tb0")) {
            String before = everything();
            assertThatThrownBy(() -> host.setUp(addressing(tun, address, prefixLength, Overlaps.REFUSE)))
                    .isInstanceOf(OverlapException.class)
                    .hasMessageContaining(name)
                    .hasMessageContaining("tun.overlap");
            assertThat(everything()).isEqualTo(before);
        }
    }

    @Test
    void refusesTheNetworkOfALanWhoseRouteHasAMetric() throws Exception {
        host.inside("route", "del", "198.18.88.0/24", "dev", "lan0");
        host.inside("route", "add", "198.18.88.0/24", "dev", "lan0", "metric", "100");
        untouched = everything();
        refusesANetworkThatTheHostHasAWayTo("198.18.88.9", 24, "198.18.88.0/24 dev lan0");
    }

    @ParameterizedTest
    @CsvSource({"-4, 198.18.88.9, 24, 198.18.88.77", "-6, 2001:2:0:88::9, 64, 2001:2:0:88::77"})
    void livesBesideALanWhereToldToAndTheLanWins(String family, String address, int prefixLength, String neighbour)
            throws Exception {
        String lanBefore = host.inside(family, "route", "show", "dev", "lan0");
        try (TunInterface tun = host.openTun("tb0")) {
            TunNetwork network = host.setUp(addressing(tun, address, prefixLength, Overlaps.WARN));
            tune(family);
            assertThat(host.inside(family, "route", "show", "dev", "lan0")).isEqualTo(lanBefore);
            assertThat(host.inside(family, "route", "show", "dev", "tb0")).contains("rto_min");
            if (family.equals("-4")) {
                assertThat(host.inside(family, "route", "get", neighbour)).contains("dev lan0");
            }
            host.close(network);
            assertThat(host.inside(family, "route", "show", "dev", "lan0")).isEqualTo(lanBefore);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "-4, 198.19.0.1, 198.19.1.1, 30, 198.18.128.0/17, 198.18.129.1",
        "-6, 2001:2:0:1::1, 2001:2:0:2::1, 64, 2001:2:1::/48, 2001:2:1::77"
    })
    void twoTunnelsToOneNetworkLieSideBySide(
            String family, String one, String two, int prefixLength, String network, String client) throws Exception {
        try (TunInterface first = host.openTun("tb0");
                TunInterface second = host.openTun("tb1")) {
            TunNetwork a = host.setUp(addressing(first, one, prefixLength, Overlaps.REFUSE, network));
            TunNetwork b = host.setUp(addressing(second, two, prefixLength, Overlaps.REFUSE, network));
            assertThat(host.inside(family, "route", "show", network).lines()).hasSize(2);
            assertThat(host.inside(family, "route", "get", client)).contains("dev tb0");
            assertThat(host.call(a::condition)).isEqualTo(TunNetwork.Condition.WHOLE);
            assertThat(host.call(b::condition)).isEqualTo(TunNetwork.Condition.WHOLE);
            tune(family);
            host.close(a);
            assertThat(host.inside(family, "route", "get", client)).contains("dev tb1");
            assertThat(host.call(b::condition)).isEqualTo(TunNetwork.Condition.WHOLE);
            host.close(b);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "-4, 198.19.0.1, 30, 0.0.0.0/0, 198.19.200.1, 198.18.88.7, 198.18.0.2",
        "-6, 2001:2:0:1::1, 64, ::/0, 2001:2:0:200::1, 2001:2:0:88::7, 2001:2::2"
    })
    void takesThePlaceOfADefaultRouteAndGivesItBack(
            String family, String address, int prefixLength, String all, String far, String neighbour, String gateway)
            throws Exception {
        try (TunInterface tun = host.openTun("tb0")) {
            TunNetwork network = host.setUp(addressing(tun, address, prefixLength, Overlaps.REFUSE, all));
            assertThat(host.inside(family, "route", "get", far)).contains("dev tb0");
            assertThat(host.inside(family, "route", "get", neighbour)).contains("dev lan0");
            ServerRoute route = host.call(() ->
                    ServerRoute.make("tb0", InetAddress.getByName(far), RouteMetrics.NONE, List.of(Prefix.parse(all))));
            assertThat(host.inside(family, "route", "get", far)).contains("via " + gateway + " dev up0");
            host.call(() -> {
                route.close();
                return route;
            });
            host.close(network);
            assertThat(host.inside(family, "route", "get", far)).contains("via " + gateway);
        }
    }

    @Test
    void hintsAtARuleThatComesFirst() throws Exception {
        host.inside("rule", "add", "fwmark", "0x100/0x3f00", "lookup", "77", "priority", "2001");
        host.inside("rule", "add", "from", "198.18.88.1", "lookup", "78", "priority", "2002");
        untouched = everything();
        try (RecordedLog log = RecordedLog.of(TunNetwork.class);
                TunInterface tun = host.openTun("tb0")) {
            TunNetwork network = host.setUp(addressing(tun, "198.19.0.1", 30, Overlaps.REFUSE));
            assertThat(log.messages())
                    .singleElement()
                    .asString()
                    .contains("2001: from all fwmark 0x100/0x3f00 lookup 77", "source-rule-priority=5000");
            host.close(network);
            network = host.setUp(new TunAddressing(
                    tun.name(),
                    InetAddress.getByName("198.19.0.1"),
                    30,
                    1400,
                    400,
                    List.of(),
                    SourceRule.PRESENT,
                    2000,
                    Overlaps.REFUSE,
                    TunAddressing.MarkRule.ABSENT));
            assertThat(log.messages()).as("nothing more").hasSize(1);
            assertThat(host.inside("rule", "show")).contains("2000:\tfrom 198.19.0.1 lookup");
            host.close(network);
        }
    }

    /** As on a kernel without CONFIG_IP_MULTIPLE_TABLES, where a route of any table would be one of the main table. */
    @Test
    void goesOnWithoutRulesWhereTheKernelHasNone() throws Exception {
        try (TunInterface tun = host.openTun("tb0")) {
            TunNetwork network = TunNetwork.of("tb0", (configuration, family) -> {
                HostNetwork found = HostNetwork.read(configuration, family);
                return new HostNetwork(family, found.links(), found.addresses(), found.routes(), Optional.empty());
            });
            host.call(() -> {
                network.apply(addressing(tun, "198.19.0.1", 30, Overlaps.REFUSE));
                return network;
            });
            assertThat(host.inside("rule", "show")).doesNotContain("198.19.0.1");
            assertThat(host.inside("route", "show", "table", "all", "dev", "tb0"))
                    .contains("198.19.0.0/30")
                    .doesNotContain("default");
            assertThat(host.call(network::condition)).isEqualTo(TunNetwork.Condition.WHOLE);
            host.close(network);
        }
    }

    @Test
    void anIpv4TunnelMayBeNarrowerThanIpv6Allows() throws Exception {
        host.inside("tuntap", "add", "dev", "tb0", "mode", "tun");
        untouched = everything();
        for (int i = 0; i < 2; i++) {
            try (TunInterface tun = host.openTun("tb0")) {
                TunAddressing narrow = new TunAddressing(
                        tun.name(), InetAddress.getByName("198.19.0.1"), 30, 576, 400, List.of(), SourceRule.PRESENT);
                TunNetwork network = host.setUp(narrow);
                host.inside("link", "set", "tb0", "down");
                host.inside("link", "set", "tb0", "up");
                assertThat(host.call(network::condition)).isEqualTo(TunNetwork.Condition.INCOMPLETE);
                host.call(() -> {
                    network.apply(narrow);
                    return network;
                });
                assertThat(host.call(network::condition)).isEqualTo(TunNetwork.Condition.WHOLE);
                assertThat(host.inside("addr", "show", "dev", "tb0")).contains("mtu 576", "inet 198.19.0.1");
                host.close(network);
            }
        }
        assertThatThrownBy(() -> {
                    try (TunInterface tun = host.openTun("tb0")) {
                        host.setUp(new TunAddressing(
                                tun.name(),
                                InetAddress.getByName("2001:2:0:1::1"),
                                64,
                                1200,
                                400,
                                List.of(),
                                SourceRule.PRESENT));
                    }
                })
                .hasMessageContaining("1280");
    }

    /** IPv6 comes back to the device with what the namespace has as default: off, and hearing routers. */
    @Test
    void anIpv6TunnelMayHaveADeviceThatIsNarrow() throws Exception {
        host.inside("tuntap", "add", "dev", "tb0", "mode", "tun");
        host.inside("link", "set", "tb0", "mtu", "576");
        untouched = everything();
        try (TunInterface tun = host.openTun("tb0")) {
            host.call(() -> Files.writeString(Path.of("/proc/sys/net/ipv6/conf/default/disable_ipv6"), "1"));
            TunNetwork network = host.setUp(addressing(tun, "2001:2:0:1::1", 64, Overlaps.REFUSE));
            assertThat(host.inside("-6", "addr", "show", "dev", "tb0"))
                    .contains("2001:2:0:1::1")
                    .doesNotContain("fe80");
            assertThat(host.call(() -> Files.readString(Path.of("/proc/sys/net/ipv6/conf/tb0/accept_ra"))))
                    .isEqualToIgnoringNewLines("0");
            host.close(network);
            host.call(() -> Files.writeString(Path.of("/proc/sys/net/ipv6/conf/default/disable_ipv6"), "0"));
        }
    }

    /** Seed 1178 of the seeded hosts: an owner who wants no IPv6 on it gets the secret of an address that was never wanted. */
    @Test
    void anIpv6TunnelMakesNoLinkLocalAddressWhereIpv6WasOff() throws Exception {
        host.inside("tuntap", "add", "dev", "tb0", "mode", "tun");
        host.call(() -> Files.writeString(Path.of("/proc/sys/net/ipv6/conf/tb0/disable_ipv6"), "1"));
        host.inside("link", "set", "tb0", "addrgenmode", "random", "up");
        untouched = everything();
        Path secret = Path.of("/proc/sys/net/ipv6/conf/tb0/stable_secret");
        try (TunInterface tun = host.openTun("tb0")) {
            TunNetwork network = host.setUp(addressing(tun, "2001:2:0:1::1", 64, Overlaps.REFUSE));
            assertThat(host.inside("-6", "addr", "show", "dev", "tb0")).doesNotContain("fe80");
            host.close(network);
            assertThatThrownBy(() -> host.call(() -> Files.readString(secret)))
                    .as("there is none")
                    .isInstanceOf(IOException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"198.19.0.1", "2001:2:0:1::1"})
    void givesAPersistentDeviceBackAsItWas(String address) throws Exception {
        host.inside("tuntap", "add", "dev", "tb0", "mode", "tun");
        host.inside("link", "set", "tb0", "mtu", "1480", "txqueuelen", "77");
        host.inside("addr", "add", "198.18.77.1/24", "dev", "tb0");
        untouched = everything();
        String sysctls = sysctls();
        try (TunInterface tun = host.openTun("tb0")) {
            TunNetwork network = host.setUp(addressing(tun, address, address.contains(":") ? 64 : 30, Overlaps.REFUSE));
            assertThat(host.inside("link", "show", "tb0")).contains("mtu 1400", "qlen 400");
            host.close(network);
        }
        assertThat(sysctls()).isEqualTo(sysctls);
    }

    @Test
    void leavesTheIpv6OfAPersistentDeviceToItsOwner() throws Exception {
        host.inside("tuntap", "add", "dev", "tb0", "mode", "tun");
        host.inside("link", "set", "tb0", "addrgenmode", "none", "up");
        host.inside("addr", "add", "2001:2:0:77::1/64", "dev", "tb0", "nodad");
        host.inside("-6", "route", "add", "2001:2:0:78::/64", "dev", "tb0");
        untouched = everything();
        try (TunInterface tun = host.openTun("tb0")) {
            TunNetwork network = host.setUp(addressing(tun, "198.19.0.1", 30, Overlaps.REFUSE));
            host.close(network);
        }
    }

    @Test
    void takesAwayTheAddressThatAKilledProcessHadFromItsServer() throws Exception {
        host.inside("tuntap", "add", "dev", "tb0", "mode", "tun");
        untouched = everything();
        try (TunInterface tun = host.openTun("tb0")) {
            host.setUp(addressing(tun, "198.19.0.1", 30, Overlaps.REFUSE)); // and never taken back
            TunNetwork network = host.setUp(addressing(tun, "198.19.0.5", 30, Overlaps.REFUSE));
            assertThat(host.inside("addr", "show", "dev", "tb0"))
                    .contains("198.19.0.5")
                    .doesNotContain("198.19.0.1");
            host.close(network);
        }
        host.inside("link", "set", "tb0", "mtu", "1500", "down"); // what it was is known to the first alone
        host.inside("link", "set", "tb0", "txqueuelen", "500");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0/1", "128.0.0.0/1"})
    void namesWhoTakesTheHalvesOfADefaultRoute(String half) throws Exception {
        host.inside("route", "add", half, "via", "198.18.0.2");
        untouched = everything();
        try (TunInterface tun = host.openTun("tb0")) {
            assertThatThrownBy(() -> host.setUp(addressing(tun, "10.99.0.1", 32, Overlaps.REFUSE, "0.0.0.0/0")))
                    .isInstanceOf(OverlapException.class)
                    .hasMessageContaining("0.0.0.0/0 overlaps the route " + half);
        }
    }

    @Test
    void hearsThatSomebodyTakesSomethingAway() throws Exception {
        try (TunInterface tun = host.openTun("tb0")) {
            TunAddressing wanted = addressing(tun, "198.19.0.1", 30, Overlaps.REFUSE, "198.18.128.0/17");
            TunNetwork network = host.setUp(wanted);
            int index = host.call(() -> Interfaces.index("tb0"));
            BlockingQueue<Concerns.Concern> heard = new LinkedBlockingQueue<>();
            HostWatch watch = host.call(() -> HostWatch.open(index, (change, concern) -> heard.add(concern)));
            for (String taken : List.of(
                    "addr del 198.19.0.1 dev tb0",
                    "route del 198.18.128.0/17 dev tb0",
                    "rule del from 198.19.0.1",
                    "link set tb0 down")) {
                host.inside(taken.split(" ", -1));
                await(heard, Concerns.Concern.DEVICE);
                if (taken.startsWith("link")) {
                    host.inside("link", "set", "tb0", "up");
                    await(heard, Concerns.Concern.DEVICE);
                }
                assertThat(host.call(network::condition)).as(taken).isEqualTo(TunNetwork.Condition.INCOMPLETE);
                host.call(() -> {
                    network.apply(wanted);
                    return network;
                });
                assertThat(host.call(network::condition)).as(taken).isEqualTo(TunNetwork.Condition.WHOLE);
            }
            heard.clear();
            host.inside("route", "add", "198.18.99.0/24", "via", "198.18.0.2");
            await(heard, Concerns.Concern.WAY);
            host.inside("route", "del", "198.18.99.0/24");
            watch.close();
            watch.close();
            host.close(network);
        }
    }

    /** With 200 tunnels each that comes up would have 199 others look, though hardly one of them has its way through it. */
    @Test
    void whatAnotherTunnelsDeviceGainsConcernsOnlyThoseWhoseWayLeadsThroughIt() throws Exception {
        try (TunInterface tun = host.openTun("tb0");
                TunInterface other = host.openTun("tb1")) {
            int index = host.call(() -> Interfaces.index(tun.name()));
            int otherIndex = host.call(() -> Interfaces.index(other.name()));
            BlockingQueue<Concerns.Concern> heard = new LinkedBlockingQueue<>();
            BlockingQueue<Concerns.Concern> otherHeard = new LinkedBlockingQueue<>();
            HostWatch watch = host.call(() -> HostWatch.open(index, (change, concern) -> heard.add(concern)));
            HostWatch otherWatch =
                    host.call(() -> HostWatch.open(otherIndex, (change, concern) -> otherHeard.add(concern)));
            host.inside("link", "set", "tb1", "up");
            await(otherHeard, Concerns.Concern.DEVICE);
            host.inside("addr", "add", "198.19.0.5/30", "dev", "tb1");
            await(heard, Concerns.Concern.WAY_THROUGH_TUNNEL);
            host.inside("route", "add", "198.18.5.0/24", "dev", "tb1");
            await(heard, Concerns.Concern.WAY);
            WayView view = host.call(() -> WayView.look(List.of(InetAddress.getByName("198.18.5.1"))));
            assertThat(view.interfaces()).containsExactly(otherIndex);
            host.inside("addr", "del", "198.19.0.5/30", "dev", "tb1");
            await(heard, Concerns.Concern.WAY);
            otherWatch.close();
            host.inside("addr", "add", "198.19.0.5/30", "dev", "tb1");
            await(heard, Concerns.Concern.WAY);
            watch.close();
        }
    }

    private static void await(BlockingQueue<Concerns.Concern> heard, Concerns.Concern wanted) throws Exception {
        Concerns.Concern next;
        do {
            next = heard.poll(10, TimeUnit.SECONDS);
            assertThat(next).isNotNull();
        } while (next != wanted);
    }

    private void lan(String name, String address, String version6) throws IOException {
        host.inside("link", "add", name, "type", "veth", "peer", "name", name + "p");
        host.inside("link", "set", name, "addrgenmode", "none");
        host.inside("link", "set", name + "p", "addrgenmode", "none");
        host.inside("addr", "add", address, "dev", name);
        host.inside("addr", "add", version6, "dev", name, "nodad");
        host.inside("link", "set", name + "p", "up");
        host.inside("link", "set", name, "up");
    }

    private void tune(String family) throws Exception {
        host.call(() -> {
            new RouteTuning("tb0", family.equals("-4") ? AddressFamily.IPV4 : AddressFamily.IPV6).apply(TUNED);
            return true;
        });
    }

    /** Without what changes by itself: whether a carrier is seen already, and who reads a device. */
    private String everything() throws IOException {
        return (host.inside("addr", "show")
                        + host.inside("-4", "route", "show", "table", "all")
                        + host.inside("-6", "route", "show", "table", "all")
                        + host.inside("-4", "rule", "show")
                        + host.inside("-6", "rule", "show"))
                .replaceAll("(?m) linkdown| tentative|<[^>]*>| state \\S+|^\\d+: (?=tb)|valid_lft .*$", "")
                .replaceAll("pref medium|qdisc (noop|pfifo_fast)", "") // the kernel chooses one when it is first up
                .strip();
    }

    private String sysctls() throws Exception {
        StringBuilder text = new StringBuilder();
        for (String name :
                List.of("ipv4/conf/tb0/rp_filter", "ipv6/conf/tb0/accept_ra", "ipv6/conf/tb0/disable_ipv6")) {
            text.append(name).append(host.call(() -> Files.readString(Path.of("/proc/sys/net", name))));
        }
        return text.toString();
    }

    private static TunAddressing addressing(
            TunInterface tun, String address, int prefixLength, Overlaps overlaps, String... routes)
            throws IOException {
        return new TunAddressing(
                tun.name(),
                InetAddress.getByName(address),
                prefixLength,
                1400,
                400,
                List.of(routes).stream().map(Prefix::parse).toList(),
                SourceRule.PRESENT,
                TunAddressing.RULE_PRIORITY,
                overlaps,
                TunAddressing.MarkRule.ABSENT);
    }
}
