package dev.tunbridge.sim.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.common.net.InetAddresses;
import dev.tunbridge.bridge.Bridge;
import dev.tunbridge.bridge.BridgeBuilder;
import dev.tunbridge.bridge.BridgeListener;
import dev.tunbridge.bridge.BridgeState;
import dev.tunbridge.bridge.BridgeStats;
import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.sim.foreign.Vtund;
import dev.tunbridge.sim.lab.Lab;
import dev.tunbridge.sim.lab.LabNamespace;
import dev.tunbridge.sim.link.LinkProfile;
import dev.tunbridge.sim.scene.LabBridge;
import dev.tunbridge.sim.scene.Scene;
import dev.tunbridge.sim.scene.ScenePlan;
import dev.tunbridge.sim.traffic.HttpLoad;
import dev.tunbridge.sim.traffic.HttpService;
import dev.tunbridge.sim.traffic.Transfer;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The bridge as the client of an unmodified vtund 3, by the description {@code vtun} alone. {@code -Dtunbridge.vtun.megabytes=10000} sends as much each way where nothing is lost. */
class VtunServerTest {
    private static final InetAddress DEVICE = InetAddresses.forString("198.19.0.1");
    private static final InetAddress SERVER = InetAddresses.forString("198.19.0.2");
    private static final long PATIENCE_SECONDS = 20;
    private static final int MEGABYTES = Integer.getInteger("tunbridge.vtun.megabytes", 20);

    private static final Vtund VTUND = new Vtund(SERVER, DEVICE, 1400, OptionalInt.empty());

    private final BlockingQueue<String> states = new LinkedBlockingQueue<>();
    private final BridgeListener listener = new BridgeListener() {
        @Override
        public void onState(BridgeState state, String detail) {
            states.add(state + " " + detail);
        }
    };

    @BeforeAll
    static void requireVtund() throws Exception {
        Scenes.requireLab();
        Scenes.requireProgram(Vtund.PROGRAM);
    }

    private static ScenePlan over(String profile) {
        return ScenePlan.over(Scenes.profile(profile)).atVtund().set("reconnect.first", "200ms");
    }

    /** One that is lossless, and one that loses a packet of a hundred; what has not come in time is not sent any more. */
    @ParameterizedTest
    @CsvSource({"clear, 600000", "wan1, 4000"})
    void carriesBothWaysAndIntact(String profile, long millis) throws Exception {
        boolean isLossless = profile.equals("clear");
        long bytes = (isLossless ? MEGABYTES : 20) * 1_000_000L;
        long least = isLossless ? bytes : 100_000;
        try (Scene scene = Scene.open(over(profile));
                HttpService http = Scenes.serviceAtDevice(scene)) {
            assertThat(scene.tunnel().deviceAddress()).isEqualTo(DEVICE);
            HttpLoad client = Scenes.clientOf(http, DEVICE);
            assertThat(scene.serverSide().call(client::page).isIntact()).isTrue();
            Transfer up = scene.serverSide().call(() -> client.download(1, bytes, millis, progress -> {}));
            assertThat(up.isIntact()).isTrue();
            assertThat(up.bytes()).isGreaterThanOrEqualTo(least);
            Transfer down = scene.serverSide().call(() -> client.upload(2, bytes, millis, progress -> {}));
            assertThat(down.isIntact()).isTrue();
            assertThat(down.bytes()).isGreaterThanOrEqualTo(least);
            BridgeStats stats = scene.stats();
            assertThat(stats.outer().badFrames()).isZero();
            assertThat(stats.outer().malformedMessages()).isZero();
            assertThat(stats.outer().unknownTypes()).isZero();
            assertThat(stats.receive().capture().captured()).isPositive();
            assertThat(stats.receive().mismatchedBytes()).isZero();
        }
    }

    @Test
    void aSessionThatEndsIsMadeAgain() throws Exception {
        try (Scene scene = Scene.open(over("clear"), listener);
                HttpService http = Scenes.serviceAtDevice(scene)) {
            HttpLoad client = Scenes.clientOf(http, DEVICE);
            scene.stopServer();
            scene.startServer();
            awaitState("ESTABLISHED", 2);
            // vtund sets its device up behind the last word of the login.
            await().atMost(PATIENCE_SECONDS, TimeUnit.SECONDS)
                    .ignoreExceptions()
                    .until(() -> scene.serverSide().call(client::page).isIntact());
        }
    }

    /** It says ERR, whatever is wrong; and so it does where the session before still stands, which passes. */
    @ParameterizedTest
    @CsvSource({"pump, wrong", "nobody, s3cret"})
    void aRefusalIsHeardAndTriedAgain(String name, String password, @TempDir Path folder) throws Exception {
        try (Lab lab = Lab.open()) {
            LabNamespace device = lab.namespace("device");
            LabNamespace server = lab.namespace("server");
            lab.connect(device.at("out0", "198.18.0.1/30"), server.at("out0", "198.18.0.2/30"), LinkProfile.CLEAR, 1);
            VTUND.serve(server, folder);
            try (LabBridge bridge = LabBridge.on(device, builder(name, password))) {
                bridge.bridge().start();
                // It may not listen yet, and fork once more to say no.
                String state;
                do {
                    state = awaitState("WAITING", 1);
                } while (state.contains("cannot connect"));
                assertThat(state).contains("denied");
            }
        }
    }

    private BridgeBuilder builder(String name, String password) {
        return Bridge.builder()
                .server("198.18.0.2", Vtund.PORT)
                .tun("tb0")
                .protocol(Protocol.builtin("vtun"))
                .set(VTUND.clientSettings())
                .set("identity.device-id", name)
                .token(password)
                .set("reconnect.first", "200ms")
                .listener(listener);
    }

    @Test
    void theNameMustFitItsBlock() {
        assertThatThrownBy(() -> builder("a".repeat(60), Vtund.PASSWORD).build())
                .hasMessage(
                        "identity.device-id: cannot be said to a server of format 'vtun': host: host length is 67; allowed 0 to 50");
    }

    private String awaitState(String wanted, int times) throws InterruptedException {
        int seen = 0;
        while (true) {
            String state = states.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
            assertThat(state).as(wanted + " did not come").isNotNull();
            if (state.startsWith(wanted) && ++seen == times) {
                return state;
            }
        }
    }
}
