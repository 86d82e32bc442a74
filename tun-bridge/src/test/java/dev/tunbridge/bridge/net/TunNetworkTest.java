package dev.tunbridge.bridge.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tunbridge.bridge.filter.Prefix;
import dev.tunbridge.linux.Interfaces;
import dev.tunbridge.linux.TunInterface;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The real thing: devices, addresses, routes and rules of a network namespace, as {@code ip} shows them. */
class TunNetworkTest {
    private TestNamespace namespace;

    @BeforeEach
    void openNamespace() throws IOException {
        namespace = TestNamespace.open();
    }

    @AfterEach
    void removeNamespace() throws IOException {
        if (namespace != null) {
            namespace.close();
        }
    }

    @ParameterizedTest
    @CsvSource({"-4, 198.19.0.1, 30, 198.18.64.0/18, 198.18.64.9", "-6, 2001:2::1, 64, 2001:2:0:7::/64, 2001:2:0:7::9"})
    void givesTheDeviceItsAddressMtuAndRoutesAndTakesThemBack(
            String family, String address, int prefixLength, String route, String beyond) throws Exception {
        try (TunInterface tun = namespace.openTun("tb0")) {
            TunNetwork network = namespace.setUp(addressing("tb0", address, prefixLength, List.of(route)));

            assertThat(namespace.inside("link", "show", "dev", "tb0")).contains("mtu 1400", "qlen 400", ",UP");
            assertThat(namespace.inside(family, "addr", "show", "dev", "tb0"))
                    .contains(" " + address + (family.equals("-4") ? "/32 " : "/128 "))
                    .doesNotContain("fe80:")
                    .doesNotContain("tentative");
            assertThat(namespace.inside(family, "route", "get", beyond)).contains(" dev tb0 ", " src " + address);
            assertThat(rules(family)).hasSize(1);

            namespace.close(network);

            assertThat(namespace.inside(family, "addr", "show", "dev", "tb0")).doesNotContain(address);
            assertThat(namespace.inside(family, "route", "show", "table", "all"))
                    .doesNotContain(route);
            assertThat(rules(family)).isEmpty();
            namespace.close(network); // again does nothing
            assertThat(tun.name()).isEqualTo("tb0");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "-4, 198.19.0.1, 30, 198.18.64.0/18, 198.18.7.7/32, 0.0.0.0/0",
        "-6, 2001:2::1, 64, 2001:2:77::/48, 2001:2:0:7::7/128, ::/0"
    })
    void knowsWhetherItIsWhole(
            String family, String address, int prefixLength, String route, String host, String everything)
            throws Exception {
        List<String> routes = List.of(route, host, everything);
        try (TunInterface tun = namespace.openTun("tb0")) {
            TunNetwork network = namespace.setUp(addressing(tun.name(), address, prefixLength, routes));
            assertThat(condition(network)).isEqualTo(TunNetwork.Condition.WHOLE);
            namespace.inside(family, "route", "del", route, "dev", "tb0");
            assertThat(condition(network)).as("without a route").isEqualTo(TunNetwork.Condition.INCOMPLETE);

            network = namespace.setUp(addressing(tun.name(), address, prefixLength, routes));
            assertThat(condition(network)).isEqualTo(TunNetwork.Condition.WHOLE);
            namespace.inside(family, "addr", "del", address, "dev", "tb0");
            assertThat(condition(network)).as("without its address").isEqualTo(TunNetwork.Condition.INCOMPLETE);
            namespace.inside("link", "set", "tb0", "down");
            assertThat(condition(network)).isEqualTo(TunNetwork.Condition.DOWN);
        }
    }

    private TunNetwork.Condition condition(TunNetwork network) throws Exception {
        return namespace.call(network::condition);
    }

    @ParameterizedTest
    @CsvSource({"-4, 198.19.0.1, 30, 198.18.0.77", "-6, 2001:2::1, 64, 2001:2:0:9::77"})
    void sendsAnswersFromTheTunnelAddressBackIntoTheTunnel(
            String family, String address, int prefixLength, String client) throws Exception {
        try (TunInterface tun = namespace.openTun("tb0")) {
            namespace.setUp(addressing(tun.name(), address, prefixLength, List.of()));

            assertThat(namespace.inside(family, "route", "get", client, "from", address))
                    .contains(" dev tb0 ");
            assertThatThrownBy(() -> namespace.inside(family, "route", "get", client))
                    .hasMessageContaining("unreachable");
        }
    }

    @Test
    void leavesTheRuleAwayWhereItIsNotWanted() throws Exception {
        try (TunInterface tun = namespace.openTun("tb0")) {
            namespace.setUp(new TunAddressing(
                    tun.name(), ip("198.19.0.1"), 30, 1400, 400, List.of(), TunAddressing.SourceRule.ABSENT));

            assertThat(rules("-4")).isEmpty();
        }
    }

    @Test
    void filtersReversePathsLooselyAndKeepsIpv6OffAnIpv4Tunnel() throws Exception {
        try (TunInterface tun = namespace.openTun("tb0")) {
            namespace.setUp(addressing(tun.name(), "198.19.0.1", 30, List.of()));

            assertThat(setting("ipv4/conf/tb0/rp_filter")).isEqualTo("2");
            assertThat(setting("ipv6/conf/tb0/disable_ipv6")).isEqualTo("1");
            assertThat(setting("ipv6/conf/tb0/accept_ra")).isEqualTo("0");
        }
    }

    @Test
    void namesWhatIsRefusedAndLeavesNothing() throws Exception {
        namespace.inside("link", "add", "lan0", "type", "veth", "peer", "name", "lan1");
        namespace.inside("addr", "add", "198.18.5.1/24", "dev", "lan0");
        namespace.inside("link", "set", "lan0", "up");
        String before = everything();
        try (TunInterface tun = namespace.openTun("tb0")) {
            assertThatThrownBy(() -> namespace.setUp(
                            addressing(tun.name(), "198.19.0.1", 30, List.of("198.18.0.0/16", "198.18.5.0/24"))))
                    .isInstanceOf(OverlapException.class)
                    .hasMessageContaining("198.18.5.0/24 overlaps the route 198.18.5.0/24 dev lan0")
                    .hasMessageNotContaining("198.18.0.0/16 overlaps");
            assertThat(namespace.inside("addr", "show", "dev", "tb0")).doesNotContain("198.19.0.1");
            assertThat(namespace.inside("link", "show", "dev", "tb0")).doesNotContain(",UP");
        }
        assertThat(everything()).isEqualTo(before);
    }

    private String everything() throws IOException {
        return namespace.inside("addr", "show")
                + namespace.inside("-4", "route", "show", "table", "all")
                + namespace.inside("-6", "route", "show", "table", "all")
                + namespace.inside("-4", "rule", "show")
                + namespace.inside("-6", "rule", "show");
    }

    @Test
    void endsInPeaceWhenTheDeviceIsGoneAlready() throws Exception {
        TunNetwork network;
        try (TunInterface tun = namespace.openTun("tb0")) {
            network = namespace.setUp(addressing(tun.name(), "198.19.0.1", 30, List.of("198.18.64.0/18")));
        }

        namespace.close(network);

        assertThat(rules("-4")).isEmpty();
    }

    @Test
    void removesTheRuleOfAKilledProcessAndNoOther() throws Exception {
        namespace.inside("rule", "add", "from", "198.18.0.9", "lookup", "4711", "protocol", "static");
        try (TunInterface living = namespace.openTun("tb1")) {
            namespace.setUp(addressing(living.name(), "198.19.0.5", 30, List.of()));
            Process victim = namespace.call(() -> Victim.start(TunNetworkVictim.class, "tb0", "198.19.0.1"));
            try (BufferedReader said = victim.inputReader(StandardCharsets.UTF_8)) {
                assertThat(said.readLine()).isEqualTo("ready");
            } finally {
                victim.destroyForcibly().waitFor();
            }
            assertThat(rules("-4")).hasSize(2).anyMatch(rule -> rule.contains("from 198.19.0.1 "));

            try (TunInterface next = namespace.openTun("tb2")) {
                namespace.setUp(addressing(next.name(), "198.19.0.9", 30, List.of()));

                assertThat(rules("-4"))
                        .hasSize(2)
                        .anyMatch(rule -> rule.contains("from 198.19.0.5 "))
                        .anyMatch(rule -> rule.contains("from 198.19.0.9 "));
                assertThat(namespace.inside("rule", "show")).contains("from 198.18.0.9 lookup 4711");
            }
        }
    }

    @Test
    void replacesWhatAKilledProcessLeftOnAPersistentDevice() throws Exception {
        namespace.inside("tuntap", "add", "dev", "tb0", "mode", "tun");
        try (TunInterface tun = namespace.openTun("tb0")) {
            namespace.setUp(addressing(tun.name(), "198.19.0.1", 30, List.of("198.18.64.0/18"))); // and never closed
        }
        assertThat(rules("-4")).hasSize(1);

        try (TunInterface tun = namespace.openTun("tb0")) {
            TunNetwork again = namespace.setUp(addressing(tun.name(), "198.19.0.1", 30, List.of("198.18.64.0/18")));

            assertThat(rules("-4")).hasSize(1);
            namespace.close(again);
            assertThat(rules("-4")).isEmpty();
            assertThat(namespace.inside("route", "show", "table", "all")).doesNotContain("tb0");
        }
    }

    @Test
    void takesAnotherTableWhereSomebodyUsesTheUsualOne() throws Exception {
        namespace.inside("link", "set", "dev", "lo", "up");
        try (TunInterface tun = namespace.openTun("tb0")) {
            int[] tables = Identity.tables(namespace.call(() -> Interfaces.index("tb0")));
            namespace.inside("route", "add", "198.18.0.0/24", "dev", "lo", "table", String.valueOf(tables[0]));
            namespace.inside("rule", "add", "from", "198.18.0.9", "lookup", String.valueOf(tables[1]));
            TunNetwork network = namespace.setUp(addressing(tun.name(), "198.19.0.1", 30, List.of()));

            assertThat(rules("-4")).singleElement().asString().contains("lookup " + tables[2] + " ");
            namespace.close(network);
            assertThat(namespace.inside("route", "show", "table", String.valueOf(tables[0])))
                    .contains("198.18.0.0/24 dev lo");
        }
    }

    private static TunAddressing addressing(String device, String address, int prefixLength, List<String> routes)
            throws IOException {
        return new TunAddressing(
                device,
                ip(address),
                prefixLength,
                1400,
                400,
                routes.stream().map(Prefix::parse).toList(),
                TunAddressing.SourceRule.PRESENT);
    }

    private static InetAddress ip(String literal) throws IOException {
        return InetAddress.getByName(literal);
    }

    private List<String> rules(String family) throws IOException {
        return namespace
                .inside("-N", family, "rule", "show")
                .lines()
                .filter(rule -> rule.contains(" proto " + Identity.PROTOCOL))
                .toList();
    }

    private String setting(String name) throws Exception {
        return namespace.call(
                () -> Files.readString(Path.of("/proc/sys/net", name)).strip());
    }
}
