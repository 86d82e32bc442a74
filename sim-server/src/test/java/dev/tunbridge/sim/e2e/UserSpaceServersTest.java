package dev.tunbridge.sim.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.common.net.InetAddresses;
import dev.tunbridge.bridge.BridgeStats;
import dev.tunbridge.sim.foreign.ForeignServer;
import dev.tunbridge.sim.foreign.Passt;
import dev.tunbridge.sim.foreign.Slirp;
import dev.tunbridge.sim.scene.Scene;
import dev.tunbridge.sim.scene.ScenePlan;
import dev.tunbridge.sim.traffic.HttpLoad;
import dev.tunbridge.sim.traffic.HttpService;
import dev.tunbridge.sim.traffic.Transfer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The bridge at servers of others that have a TCP/IP of their own in user space: no login, addresses from the configuration, and the
 * shipped description alone. Each opens a port of its host that leads to the device.
 */
class UserSpaceServersTest {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final InetAddress DEVICE = InetAddresses.forString("198.19.7.1");
    private static final InetAddress SERVER = InetAddresses.forString("198.19.7.2");
    private static final int OPENED = 8_080;
    private static final int SERVICE = 8_081;

    @BeforeAll
    static void requireLab() {
        Scenes.requireLab();
    }

    /** Over a link that is lossless, and one that loses a packet of a hundred. */
    static Stream<Arguments> servers() {
        return Stream.of(new Slirp(SERVER, DEVICE, OPENED, SERVICE), new Passt(SERVER, DEVICE, OPENED, SERVICE))
                .flatMap(server -> Stream.of("clear", "wan1").map(profile -> Arguments.of(server, profile)));
    }

    @ParameterizedTest
    @MethodSource("servers")
    void carriesBothWaysAndIntact(ForeignServer server, String profile) throws Exception {
        for (String program : server.programs()) {
            Scenes.requireProgram(program);
        }
        try (Scene scene = Scene.open(ScenePlan.over(Scenes.profile(profile)).at(server));
                HttpService http =
                        scene.deviceSide().call(() -> HttpService.start(new InetSocketAddress(DEVICE, SERVICE)))) {
            assertThat(http.port()).isEqualTo(SERVICE);
            HttpLoad client = new HttpLoad(new InetSocketAddress(SERVER, OPENED));
            // There is no login that would tell when it is ready.
            await().atMost(LIMIT)
                    .ignoreExceptions()
                    .until(() -> scene.serverSide().call(client::page).isIntact());
            Transfer up = scene.serverSide().call(() -> client.download(1, 2_000_000, 2_000, bytes -> {}));
            assertThat(up.isIntact()).isTrue();
            assertThat(up.bytes()).isGreaterThan(50_000);
            Transfer down = scene.serverSide().call(() -> client.upload(2, 2_000_000, 2_000, bytes -> {}));
            assertThat(down.isIntact()).isTrue();
            assertThat(down.bytes()).isGreaterThan(50_000);
            BridgeStats stats = scene.stats();
            assertThat(stats.receive().capture().captured()).isPositive();
            assertThat(stats.receive().mismatchedBytes()).isZero();
        }
    }
}
