package dev.tunbridge.sim.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.common.net.InetAddresses;
import dev.tunbridge.bridge.BridgeStats;
import dev.tunbridge.sim.foreign.Slirp;
import dev.tunbridge.sim.scene.Scene;
import dev.tunbridge.sim.scene.ScenePlan;
import dev.tunbridge.sim.traffic.HttpLoad;
import dev.tunbridge.sim.traffic.HttpService;
import dev.tunbridge.sim.traffic.Transfer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The bridge at the end of a SLIP line of somebody else's: no login, addresses from the configuration. By the description {@code slip}
 * alone.
 */
class SlirpServerTest {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final InetAddress DEVICE = InetAddresses.forString("198.19.7.15");
    private static final int REDIRECTED = 8_080;
    private static final int SERVICE = 8_081;
    private static final InetAddress CALLER = InetAddresses.forString("198.19.8.1");
    private static final Slirp SLIRP = new Slirp(CALLER, DEVICE, REDIRECTED, SERVICE);

    @BeforeAll
    static void requireSlirp() throws Exception {
        Scenes.requireLab();
        for (String program : SLIRP.programs()) {
            Scenes.requireProgram(program);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"clear", "wan1"})
    void carriesBothWaysAndIntact(String profile) throws Exception {
        try (Scene scene = Scene.open(ScenePlan.over(Scenes.profile(profile)).at(SLIRP));
                HttpService http =
                        scene.deviceSide().call(() -> HttpService.start(new InetSocketAddress(DEVICE, SERVICE)))) {
            assertThat(http.port()).isEqualTo(SERVICE);
            // Its host's own port leads to the device.
            HttpLoad client = new HttpLoad(new InetSocketAddress(CALLER, REDIRECTED));
            // There is no login that would tell when it is ready.
            await().atMost(LIMIT)
                    .ignoreExceptions()
                    .until(() -> scene.serverSide().call(client::page).isIntact());
            Transfer up = scene.serverSide().call(() -> client.download(1, 20_000_000, 3_000, bytes -> {}));
            assertThat(up.isIntact()).isTrue();
            assertThat(up.bytes()).isGreaterThan(50_000);
            Transfer down = scene.serverSide().call(() -> client.upload(2, 20_000_000, 3_000, bytes -> {}));
            assertThat(down.isIntact()).isTrue();
            assertThat(down.bytes()).isGreaterThan(50_000);
            BridgeStats stats = scene.stats();
            assertThat(stats.receive().mismatchedBytes()).isZero();
        }
    }
}
