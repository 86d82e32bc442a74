package dev.tunbridge.bridge.net;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.bridge.filter.Prefix;
import dev.tunbridge.linux.TunInterface;
import dev.tunbridge.linux.netlink.AddressFamily;
import dev.tunbridge.linux.netlink.KernelRoute;
import java.io.IOException;
import java.net.InetAddress;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Metrics of real routes, as {@code ip} shows them. */
class RouteTuningTest {
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
    @CsvSource({"-4, 198.19.0.1, 30, 198.18.64.0/18", "-6, 2001:2::1, 64, 2001:2:0:7::/64"})
    void tellsEveryRouteOfTheDeviceAndTakesItBack(String family, String address, int prefixLength, String route)
            throws Exception {
        try (TunInterface tun = namespace.openTun("tb0")) {
            TunNetwork network = namespace.setUp(new TunAddressing(
                    tun.name(),
                    InetAddress.getByName(address),
                    prefixLength,
                    1400,
                    400,
                    List.of(Prefix.parse(route)),
                    TunAddressing.SourceRule.PRESENT));
            String before = routes(family);
            RouteTuning tuning = new RouteTuning("tb0", family.equals("-4") ? AddressFamily.IPV4 : AddressFamily.IPV6);

            inside(() -> tuning.apply(metrics(300, OptionalInt.of(1340))));
            assertThat(unicast(family))
                    .hasSize(3)
                    .allSatisfy(line -> assertThat(line)
                            .contains(" rto_min lock 300ms")
                            .contains(" features ecn")
                            .contains(" advmss 1340")
                            .contains(" reordering 10"));

            inside(() -> tuning.apply(metrics(640, OptionalInt.empty())));
            assertThat(unicast(family))
                    .hasSize(3)
                    .allSatisfy(line ->
                            assertThat(line).contains(" rto_min lock 640ms").doesNotContain("advmss"));

            inside(tuning::restore);
            assertThat(routes(family)).isEqualTo(before);
            inside(tuning::restore); // again does nothing
            assertThat(routes(family)).isEqualTo(before);

            inside(() -> tuning.apply(metrics(300, OptionalInt.empty())));
            namespace.close(network);
            String without = routes(family);
            inside(tuning::restore);
            assertThat(routes(family)).isEqualTo(without); // what is gone stays gone
        }
    }

    @Test
    void leavesWhatAnAdministratorMade() throws Exception {
        try (TunInterface tun = namespace.openTun("tb0")) {
            namespace.inside("link", "set", "dev", tun.name(), "up");
            namespace.inside("route", "add", "198.18.7.0/24", "dev", "tb0", "mtu", "1300", "rto_min", "500ms");
            String before = routes("-4");
            RouteTuning tuning = new RouteTuning("tb0", AddressFamily.IPV4);

            inside(() -> tuning.apply(metrics(300, OptionalInt.empty())));
            assertThat(routes("-4")).isEqualTo(before);
            inside(tuning::restore);
            assertThat(routes("-4")).isEqualTo(before);
        }
    }

    /** The kernel replaces the first route with the same network and metric, and that may be anybody's. */
    @Test
    void touchesNeitherWhereSomebodyHasMadeOneLikeIt() throws Exception {
        namespace.inside("link", "add", "lan0", "type", "veth", "peer", "name", "lan1");
        namespace.inside("link", "set", "lan0", "up");
        try (TunInterface tun = namespace.openTun("tb0")) {
            namespace.setUp(new TunAddressing(
                    tun.name(),
                    InetAddress.getByName("198.19.0.1"),
                    30,
                    1400,
                    400,
                    List.of(),
                    TunAddressing.SourceRule.ABSENT));
            namespace.inside("route", "prepend", "198.19.0.0/30", "dev", "lan0", "metric", "84");
            String before = namespace.inside("route", "show");
            RouteTuning tuning = new RouteTuning("tb0", AddressFamily.IPV4);
            inside(() -> tuning.apply(metrics(300, OptionalInt.empty())));
            assertThat(namespace.inside("route", "show")).isEqualTo(before);
        }
    }

    /** What an earlier process has left tells the MTU of its tunnel; a route of somebody else's like it stays. */
    @Test
    void aRouteThatIsLeftOverTellsTheMtuOfThisTunnelUnlessSomebodyHasMadeOneLikeIt() throws Exception {
        namespace.inside("link", "add", "lan0", "type", "veth", "peer", "name", "lan1");
        namespace.inside("link", "set", "lan0", "up");
        try (TunInterface tun = namespace.openTun("tb0")) {
            namespace.setUp(overlapping(tun, 1400));
            namespace.setUp(overlapping(tun, 1380));
            assertThat(unicast("-4")).hasSize(1).allMatch(line -> line.contains(" mtu 1380"));
            namespace.inside("route", "prepend", "198.19.0.0/30", "dev", "lan0", "metric", "84");
            String before = namespace.inside("route", "show");
            namespace.setUp(overlapping(tun, 1360));
            assertThat(namespace.inside("route", "show")).isEqualTo(before);
        }
    }

    private static TunAddressing overlapping(TunInterface tun, int mtu) throws Exception {
        return new TunAddressing(
                tun.name(),
                InetAddress.getByName("198.19.0.1"),
                30,
                mtu,
                400,
                List.of(),
                TunAddressing.SourceRule.ABSENT,
                TunAddressing.RULE_PRIORITY,
                TunAddressing.Overlaps.WARN,
                TunAddressing.MarkRule.ABSENT);
    }

    /** The kernel tells no greater one: what it has taken must not look like another, or it is replaced each time. */
    @Test
    void theLongestPacketsAreToldOnce() throws Exception {
        try (TunInterface tun = namespace.openTun("tb0")) {
            namespace.setUp(overlapping(tun, 65_535));
            String before = routes("-4");
            assertThat(before).contains(" mtu 65520");
            inside(() -> new RouteTuning("tb0", AddressFamily.IPV4).apply(RouteMetrics.NONE));
            assertThat(routes("-4")).isEqualTo(before);
            assertThat(RouteTuning.withMtu(RouteMetrics.NONE.values(), 65_535))
                    .containsEntry(KernelRoute.RTAX_MTU, 65_520);
        }
    }

    private static RouteMetrics metrics(int rtoMinMillis, OptionalInt advertisedMss) {
        return new RouteMetrics(
                OptionalInt.of(rtoMinMillis),
                RouteMetrics.Flag.SET,
                RouteMetrics.Flag.LEFT,
                OptionalInt.empty(),
                advertisedMss,
                OptionalInt.of(10));
    }

    private interface Work {
        void run() throws IOException;
    }

    private void inside(Work work) throws Exception {
        namespace.call(() -> {
            work.run();
            return true;
        });
    }

    private String routes(String family) throws IOException {
        return namespace.inside(family, "route", "show", "table", "all", "dev", "tb0");
    }

    private List<String> unicast(String family) throws IOException {
        return routes(family)
                .lines()
                .filter(line -> !line.startsWith("local ")
                        && !line.startsWith("broadcast ")
                        && !line.startsWith("anycast ")
                        && !line.startsWith("multicast ")
                        && !line.startsWith("fe80:"))
                .toList();
    }
}
