package dev.tunbridge.sim.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tunbridge.sim.scene.Family;
import dev.tunbridge.sim.scene.Scene;
import dev.tunbridge.sim.scene.ScenePlan;
import dev.tunbridge.sim.traffic.HttpLoad;
import dev.tunbridge.sim.traffic.HttpService;
import dev.tunbridge.sim.traffic.Transfer;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Somebody else changes the network under a bridge at work: interfaces go down and up, ways change. */
class NetworkChangeTest {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    @BeforeAll
    static void requireLab() {
        Scenes.requireLab();
    }

    @ParameterizedTest
    @EnumSource(Family.class)
    void givesTheDeviceBackWhatItLosesByGoingDownAndUp(Family family) throws Exception {
        String route = family == Family.IPV4 ? "198.18.64.0/18" : "2001:2:77::/48";
        ScenePlan plan = ScenePlan.over(Scenes.profile("veth"))
                .families(family, family)
                .set("routes", route)
                .set("source-rule", "true")
                .set("route.rto-min", "350ms");
        try (Scene scene = Scene.open(plan);
                HttpService service = Scenes.serviceAtDevice(scene)) {
            await().atMost(LIMIT).until(() -> network(scene, family).contains("rto_min lock 350ms"));
            String before = network(scene, family);
            assertThat(before).contains(route).contains("proto 84");

            ip(scene, "link set tb0 down");
            assertThat(network(scene, family)).doesNotContain(route);
            ip(scene, "link set tb0 up");
            await().atMost(LIMIT)
                    .untilAsserted(() -> assertThat(network(scene, family)).isEqualTo(before));

            HttpLoad client = Scenes.clientOf(service, scene.plan().inner().device());
            Transfer transfer =
                    scene.serverSide().call(() -> client.download(3, 100_000, Scenes.ANY_TIME, count -> {}));
            assertThat(transfer.isIntact()).isTrue();
            assertThat(scene.stats().connections()).as("sessions").isOne();
        }
    }

    @ParameterizedTest
    @EnumSource(Family.class)
    void theRouteToTheServerFollowsTheWay(Family family) throws Exception {
        ScenePlan plan = ScenePlan.over(Scenes.profile("veth")).families(family, family);
        try (Scene scene = Scene.open(plan)) {
            assertThat(serverRoute(scene, family)).contains("ecn").doesNotContain("mtu");
            String way = ip(scene, flag(family) + " route show dev out0 proto kernel")
                    .lines()
                    .filter(line -> !line.startsWith("fe80"))
                    .findFirst()
                    .orElseThrow()
                    .strip();
            ip(scene, flag(family) + " route change " + way + " dev out0 proto kernel mtu 1400");
            await().atMost(LIMIT)
                    .untilAsserted(() -> assertThat(serverRoute(scene, family))
                            .contains("ecn")
                            .contains("mtu 1400"));
            assertThat(scene.stats().connections()).as("sessions").isOne();
        }
    }

    @Test
    void theRouteToTheServerComesBackWithItsInterface() throws Exception {
        ScenePlan plan = ScenePlan.over(Scenes.profile("veth"));
        try (Scene scene = Scene.open(plan)) {
            String before = serverRoute(scene, Family.IPV4);
            assertThat(before).contains("ecn");
            ip(scene, "link set out0 down");
            assertThat(serverRoute(scene, Family.IPV4)).isEmpty();
            ip(scene, "link set out0 up");
            await().atMost(LIMIT)
                    .untilAsserted(
                            () -> assertThat(serverRoute(scene, Family.IPV4)).isEqualTo(before));
            assertThat(scene.stats().connections()).as("sessions").isOne();
        }
    }

    private static String flag(Family family) {
        return family == Family.IPV4 ? "-4" : "-6";
    }

    /** Everything of the device that a set-up makes. */
    private static String network(Scene scene, Family family) throws IOException {
        return ip(scene, flag(family) + " route show table all dev tb0")
                + ip(scene, flag(family) + " rule show")
                + ip(scene, flag(family) + " -brief address show dev tb0");
    }

    private static String serverRoute(Scene scene, Family family) throws IOException {
        return ip(scene, flag(family) + " route show proto 84");
    }

    private static String ip(Scene scene, String line) throws IOException {
        String[] command = ("ip " + line).split(" +", -1);
        return scene.deviceSide().run(Duration.ofSeconds(5), command).output();
    }
}
