package dev.tunbridge.bridge.net;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.bridge.config.BridgeConfig;
import dev.tunbridge.bridge.filter.Prefix;
import dev.tunbridge.bridge.path.PathTuner;
import dev.tunbridge.bridge.path.TuningOptions;
import dev.tunbridge.bridge.path.TuningVictim;
import dev.tunbridge.bridge.path.TunnelShape;
import dev.tunbridge.linux.TunInterface;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The route to the server among real ones, as {@code ip} shows them. */
class ServerRouteTest {
    private static final RouteMetrics METRICS = new RouteMetrics(
            OptionalInt.empty(),
            RouteMetrics.Flag.SET,
            RouteMetrics.Flag.SET,
            OptionalInt.empty(),
            OptionalInt.empty(),
            OptionalInt.of(20));

    private TestNamespace namespace;

    @BeforeEach
    void openNamespace() throws IOException {
        namespace = TestNamespace.open();
        namespace.inside("link", "add", "x0", "type", "veth", "peer", "name", "x1");
        namespace.inside("addr", "add", "198.18.0.1/30", "dev", "x0");
        namespace.inside("addr", "add", "2001:2::1/64", "dev", "x0", "nodad");
        namespace.inside("link", "set", "x1", "up");
        namespace.inside("link", "set", "x0", "up");
        namespace.inside("route", "add", "default", "via", "198.18.0.2", "initcwnd", "20");
        namespace.inside("-6", "route", "add", "default", "via", "2001:2::2");
        namespace.inside("tuntap", "add", "dev", "tb0", "mode", "tun");
    }

    @AfterEach
    void removeNamespace() throws IOException {
        if (namespace != null) {
            namespace.close();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "-4, 198.18.0.2, dev x0",
        "-4, 198.19.7.7, via 198.18.0.2 dev x0",
        "-6, 2001:2::2, dev x0",
        "-6, 2001:2:0:7::7, via 2001:2::2 dev x0"
    })
    void goesTheSameWayAndIsTakenBack(String family, String server, String way) throws Exception {
        String before = routes(family);
        String got = namespace.inside(family, "route", "get", server);
        ServerRoute route = make("tb0", server);

        assertThat(routes(family).lines().filter(line -> line.startsWith(server + " ")))
                .singleElement()
                .asString()
                .contains(way, " features ecn", " quickack 1", " reordering 20", " proto 84 ");
        assertThat(namespace.inside(family, "route", "get", server)).contains(way);
        assertThat(route.metrics()).isEqualTo(METRICS);

        close(route);
        assertThat(routes(family)).isEqualTo(before);
        assertThat(namespace.inside(family, "route", "get", server)).isEqualTo(got);
        close(route); // again does nothing
    }

    @ParameterizedTest
    @CsvSource({
        "-4, 198.19.7.7, 0.0.0.0/0, via 198.18.0.2 dev x0",
        "-6, 2001:2:0:7::7, 2001:2::/32, via 2001:2::2 dev x0"
    })
    void leadsPastTheTunnelThatTakesEverythingElse(String family, String server, String tunnelled, String way)
            throws Exception {
        namespace.inside("link", "set", "tb0", "up");
        namespace.inside(family, "route", "del", "default");
        namespace.inside(family, "route", "add", "default", "via", way.split(" ", -1)[1], "metric", "2000");
        namespace.inside(family, "route", "add", "default", "dev", "tb0", "metric", "84");
        assertThat(namespace.inside(family, "route", "get", server)).contains("dev tb0");
        close(make("tb0", server, RouteMetrics.NONE));
        assertThat(routes(family)).doesNotContain("proto 84");

        ServerRoute route = make("tb0", server, RouteMetrics.NONE, tunnelled);
        assertThat(namespace.inside(family, "route", "get", server)).contains(way);
        assertThat(routes(family)).contains(server + " " + way).contains("proto 84");
        close(route);
    }

    @Test
    void removesWhatAKilledProcessLeftAlsoWhereItMakesNone() throws Exception {
        make("tb0", "198.19.7.7");
        close(make("tb0", "198.19.7.7", RouteMetrics.NONE));
        assertThat(routes("-4")).doesNotContain("proto 84");
    }

    @Test
    void keepsWhatTheWiderRouteTold() throws Exception {
        close(make("tb0", "198.19.7.7"));
        ServerRoute route = make("tb0", "198.19.7.7");
        assertThat(namespace.inside("route", "show", "198.19.7.7")).contains("initcwnd 20");
        close(route);
    }

    @Test
    void leavesAHostRouteThatSomebodyConfigured() throws Exception {
        namespace.inside("route", "add", "198.19.7.7", "via", "198.18.0.2", "mtu", "1300");
        String before = routes("-4");
        ServerRoute route = make("tb0", "198.19.7.7");

        assertThat(routes("-4")).isEqualTo(before);
        assertThat(route.metrics()).isEqualTo(RouteMetrics.NONE);
        close(route);
        assertThat(routes("-4")).isEqualTo(before);
    }

    @Test
    void takesAllNextHopsOfTheWay() throws Exception {
        namespace.inside("link", "add", "y0", "type", "veth", "peer", "name", "y1");
        namespace.inside("addr", "add", "198.18.4.1/30", "dev", "y0");
        namespace.inside("link", "set", "y1", "up");
        namespace.inside("link", "set", "y0", "up");
        namespace.inside(
                "route",
                "add",
                "198.19.8.0/24",
                "nexthop",
                "via",
                "198.18.0.2",
                "nexthop",
                "via",
                "198.18.4.2",
                "weight",
                "3");
        String before = routes("-4");
        ServerRoute route = make("tb0", "198.19.8.8");
        assertThat(namespace.inside("route", "show", "198.19.8.8"))
                .contains(
                        "features ecn",
                        "nexthop via 198.18.0.2 dev x0 weight 1",
                        "nexthop via 198.18.4.2 dev y0 weight 3");
        close(route);
        assertThat(routes("-4")).isEqualTo(before);
    }

    @Test
    void findsTheWayThatARuleGives() throws Exception {
        namespace.inside("link", "add", "y0", "type", "veth", "peer", "name", "y1");
        namespace.inside("addr", "add", "198.18.4.1/30", "dev", "y0");
        namespace.inside("link", "set", "y1", "up");
        namespace.inside("link", "set", "y0", "up");
        namespace.inside("route", "add", "default", "via", "198.18.4.2", "table", "99");
        namespace.inside("rule", "add", "to", "198.19.0.0/16", "lookup", "99", "priority", "99");
        ServerRoute route = make("tb0", "198.19.8.8");
        assertThat(namespace.inside("route", "get", "198.19.8.8")).contains("via 198.18.4.2 dev y0");
        assertThat(namespace.inside("route", "show", "table", "99"))
                .contains("198.19.8.8 via 198.18.4.2 dev y0 proto 84");
        close(route);
    }

    /** The default route lies behind the main table, where the tunnel's own routes would come first. */
    @Test
    void leadsPastTheTunnelAlsoToATableThatComesAfter() throws Exception {
        namespace.inside("link", "set", "tb0", "up");
        namespace.inside("route", "del", "default");
        namespace.inside("route", "add", "default", "via", "198.18.0.2", "table", "default");
        namespace.inside("route", "add", "0.0.0.0/1", "dev", "tb0", "metric", "84", "proto", "84");
        namespace.inside("route", "add", "128.0.0.0/1", "dev", "tb0", "metric", "84", "proto", "84");
        assertThat(namespace.inside("route", "get", "198.19.8.8")).contains("dev tb0");
        ServerRoute route = make("tb0", "198.19.8.8", RouteMetrics.NONE, "0.0.0.0/0");
        assertThat(namespace.inside("route", "get", "198.19.8.8")).contains("via 198.18.0.2 dev x0");
        close(route);
    }

    @Test
    void followsTheHostsRoutes() throws Exception {
        ServerRoute route = make("tb0", "198.19.7.7");
        assertThat(follow(route)).isEqualTo(ServerRoute.Change.NONE);
        namespace.inside("addr", "add", "198.18.0.5/30", "dev", "x0");
        namespace.inside("route", "replace", "default", "via", "198.18.0.6");
        assertThat(follow(route)).isEqualTo(ServerRoute.Change.OTHER_WAY);
        assertThat(namespace.inside("route", "get", "198.19.7.7")).contains("via 198.18.0.6 dev x0");
        namespace.inside("route", "del", "default");
        assertThat(follow(route)).isEqualTo(ServerRoute.Change.NO_WAY);
        assertThat(routes("-4")).doesNotContain("198.19.7.7");
        namespace.inside("route", "add", "default", "via", "198.18.0.2");
        assertThat(follow(route)).isEqualTo(ServerRoute.Change.OTHER_WAY);
        close(route);
        assertThat(follow(route)).isEqualTo(ServerRoute.Change.NONE);
        assertThat(routes("-4")).doesNotContain("198.19.7.7");
    }

    private ServerRoute.Change follow(ServerRoute route) throws Exception {
        return namespace.call(route::follow);
    }

    @Test
    void saysNothingWhereThereIsNoWay() throws Exception {
        namespace.inside("route", "del", "default");
        ServerRoute route = make("tb0", "198.19.7.7");
        assertThat(route.metrics()).isEqualTo(RouteMetrics.NONE);
        close(route);
    }

    @Test
    void twoBridgesToOneServerDoNotTouchEachOther() throws Exception {
        try (TunInterface first = namespace.openTun("tb0");
                TunInterface second = namespace.openTun("tb1")) {
            String before = routes("-4");
            ServerRoute one = make(first.name(), "198.19.7.7");
            ServerRoute two = make(second.name(), "198.19.7.7");
            assertThat(routes("-4").lines().filter(line -> line.contains("proto 84")))
                    .hasSize(2);
            close(one);
            assertThat(routes("-4").lines().filter(line -> line.contains("proto 84")))
                    .hasSize(1);
            close(two);
            assertThat(routes("-4")).isEqualTo(before);
        }
    }

    @Test
    void replacesWhatAKilledProcessLeft() throws Exception {
        String untouched = routes("-4");
        Process victim = namespace.call(() -> Victim.start(TuningVictim.class, "tb0", "198.19.0.1", "198.19.7.7"));
        try (BufferedReader said = victim.inputReader(StandardCharsets.UTF_8)) {
            assertThat(said.readLine()).isEqualTo("ready");
        } finally {
            victim.destroyForcibly().waitFor();
        }
        assertThat(namespace.run("tc", "qdisc", "show", "dev", "tb0")).contains("tbf 5442:");
        assertThat(routes("-4")).contains("rto_min lock 400ms").contains("198.19.7.7 ");

        try (TunInterface tun = namespace.openTun("tb0")) {
            InetAddress address = InetAddress.getByName("198.19.0.1");
            TunNetwork network = namespace.setUp(new TunAddressing(
                    tun.name(), address, 30, 1400, 500, java.util.List.of(), TunAddressing.SourceRule.PRESENT));
            PathTuner tuner = namespace.call(() ->
                    PathTuner.open(TuningOptions.of(BridgeConfig.defaults().with("route.rto-min", "600ms")), "tb0"));
            assertThat(namespace.run("tc", "qdisc", "show", "dev", "tb0")).doesNotContain("tbf");
            ServerRoute route =
                    namespace.call(() -> tuner.serverRoute(InetAddress.getByName("198.18.0.2"), RouteMetrics.Flag.SET)
                            .orElseThrow());
            assertThat(routes("-4")).doesNotContain("198.19.7.7 ");
            tuner.established(new TunnelShape(address, 1400, 0));
            close(route);
            tuner.close();
            assertThat(routes("-4")).doesNotContain("rto_min");
            namespace.close(network);
        }
        assertThat(routes("-4")).isEqualTo(untouched);
    }

    @Test
    void removesTheRouteOfADeviceThatIsGone() throws Exception {
        namespace.inside("tuntap", "add", "dev", "tb7", "mode", "tun");
        make("tb7", "198.19.7.7"); // nobody closes it
        namespace.inside("link", "del", "tb7");
        ServerRoute next = make("tb0", "198.19.7.8");
        assertThat(routes("-4")).doesNotContain("198.19.7.7 ").contains("198.19.7.8 ");
        close(next);
    }

    private ServerRoute make(String device, String server) throws Exception {
        return make(device, server, METRICS);
    }

    private ServerRoute make(String device, String server, RouteMetrics metrics, String... tunnelled) throws Exception {
        List<Prefix> networks = Arrays.stream(tunnelled).map(Prefix::parse).toList();
        return namespace.call(() -> ServerRoute.make(device, InetAddress.getByName(server), metrics, networks));
    }

    private void close(ServerRoute route) throws Exception {
        namespace.call(() -> {
            route.close();
            return route;
        });
    }

    private String routes(String family) throws IOException {
        return namespace.inside(family, "route", "show", "table", "all").replaceAll("(?m) linkdown", "");
    }
}
