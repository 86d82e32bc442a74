package dev.tunbridge.sim.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tunbridge.sim.lab.LabProcess;
import dev.tunbridge.sim.scene.Family;
import dev.tunbridge.sim.scene.Scene;
import dev.tunbridge.sim.scene.ScenePlan;
import dev.tunbridge.sim.traffic.HttpLoad;
import dev.tunbridge.sim.traffic.HttpService;
import dev.tunbridge.sim.traffic.Transfer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Somebody else changes the network under a bridge at work: interfaces go down and up, ways change. */
class NetworkChangeTest {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    /** Pairs of interfaces, with many announcements each, for a socket that holds some hundred. */
    private static final int MANY = 150;

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

    @Test
    void leavesADeviceDownThatWasUpForAMoment() throws Exception {
        try (Scene scene = Scene.open(ScenePlan.over(Scenes.profile("veth")).set("routes", "198.18.64.0/18"))) {
            inOneGo(scene, "link set tb0 down", "link set tb0 up", "link set tb0 down");
            await().during(Duration.ofSeconds(3))
                    .atMost(LIMIT)
                    .until(() -> !ip(scene, "-o link show dev tb0").contains(",UP"));
            ip(scene, "link set tb0 up");
            await().atMost(LIMIT).until(() -> network(scene, Family.IPV4).contains("198.18.64.0/18"));
        }
    }

    @Test
    void makesGoodWhatWasTakenAwayWhileItMadeGood() throws Exception {
        try (Scene scene = Scene.open(ScenePlan.over(Scenes.profile("veth")).set("routes", "198.18.64.0/18"))) {
            for (int i = 0; i < 4; i++) {
                inOneGo(scene, "link set tb0 down", "link set tb0 up");
                await().atMost(LIMIT)
                        .pollInterval(Duration.ofMillis(1))
                        .until(() -> network(scene, Family.IPV4).contains("198.18.64.0/18"));
            }
            inOneGo(scene, "link set tb0 down", "link set tb0 up");
            await().atMost(LIMIT)
                    .untilAsserted(() -> assertThat(network(scene, Family.IPV4))
                            .contains("198.18.64.0/18")
                            .contains("default table"));
        }
    }

    @Test
    void findsOutWhatItMissedAmongMoreChangesThanItCanHear() throws Exception {
        try (Scene scene = Scene.open(ScenePlan.over(Scenes.profile("veth")).set("routes", "198.18.64.0/18"))) {
            List<String> lines = new ArrayList<>();
            for (int i = 0; i < MANY; i++) {
                lines.add("link add flood" + i + " type veth peer name doolf" + i);
            }
            lines.add("link set tb0 down");
            lines.add("link set tb0 up");
            for (int i = 0; i < MANY; i++) {
                lines.add("link del flood" + i);
            }
            inOneGo(scene, lines.toArray(String[]::new));
            await().atMost(LIMIT).until(() -> network(scene, Family.IPV4).contains("198.18.64.0/18"));
        }
    }

    @Test
    void touchesNothingWhereOthersChangeTheirs() throws Exception {
        ScenePlan plan = ScenePlan.over(Scenes.profile("veth")).set("route.rto-min", "350ms");
        try (Scene scene = Scene.open(plan)) {
            await().atMost(LIMIT).until(() -> network(scene, Family.IPV4).contains("rto_min lock 350ms"));
            LabProcess monitor = scene.deviceSide().start("ip", "monitor", "route", "rule", "address");
            for (int i = 0; i < 3; i++) {
                ip(scene, "link add other type veth peer name rehto");
                ip(scene, "link set other up");
                ip(scene, "route add 198.18.200.0/24 dev other");
                TimeUnit.SECONDS.sleep(1);
                ip(scene, "link del other");
            }
            monitor.close();
            assertThat(monitor.output())
                    .anyMatch(line -> line.contains("dev other"))
                    .noneMatch(line -> line.contains("proto 84") || line.contains("tb0"));
        }
    }

    /** By one process, so that nobody looks in between. */
    private static void inOneGo(Scene scene, String... lines) throws IOException {
        Path batch = Files.createTempFile("tunbridge-", ".batch");
        try {
            Files.write(batch, Arrays.asList(lines));
            ip(scene, "-force -batch " + batch);
        } finally {
            Files.delete(batch);
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

    private static String ip(Scene scene, String line) throws IOException {
        String[] command = ("ip " + line).split(" +", -1);
        return scene.deviceSide().run(Duration.ofSeconds(5), command).output();
    }
}
