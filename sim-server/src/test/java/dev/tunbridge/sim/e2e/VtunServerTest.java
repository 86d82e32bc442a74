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
import dev.tunbridge.bridge.TunnelInfo;
import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.sim.lab.Lab;
import dev.tunbridge.sim.lab.LabNamespace;
import dev.tunbridge.sim.lab.LabProcess;
import dev.tunbridge.sim.link.LinkProfile;
import dev.tunbridge.sim.scene.LabBridge;
import dev.tunbridge.sim.traffic.HttpLoad;
import dev.tunbridge.sim.traffic.HttpService;
import dev.tunbridge.sim.traffic.Transfer;
import dev.tunbridge.sim.vtun.Vtund;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The bridge as the client of an unmodified vtund 3, by the description {@code vtun} alone. */
class VtunServerTest {
    private static final InetAddress DEVICE = InetAddresses.forString("198.19.0.1");
    private static final InetAddress SERVER = InetAddresses.forString("198.19.0.2");
    private static final long PATIENCE_SECONDS = 20;

    private static final Vtund VTUND = new Vtund(SERVER, DEVICE, 1400, OptionalInt.empty());

    @TempDir
    private Path folder;

    private Lab lab;
    private LabNamespace device;
    private LabNamespace server;
    private @Nullable LabProcess vtund;
    private final BlockingQueue<String> states = new LinkedBlockingQueue<>();

    @BeforeAll
    static void requireVtund() throws Exception {
        Scenes.requireLab();
        Scenes.requireProgram(Vtund.PROGRAM);
    }

    @BeforeEach
    void open() throws Exception {
        lab = Lab.open();
        device = lab.namespace("device");
        server = lab.namespace("server");
    }

    @AfterEach
    void close() {
        lab.close();
    }

    private void connect(String profile) throws Exception {
        lab.connect(
                device.at("out0", "198.18.0.1/30"), server.at("out0", "198.18.0.2/30"), LinkProfile.named(profile), 1);
        startServer();
    }

    private void startServer() throws IOException {
        vtund = VTUND.serve(server, folder);
    }

    private LabBridge bridge(String name, String token) {
        BridgeBuilder builder = Bridge.builder()
                .server("198.18.0.2", Vtund.PORT)
                .tun("tb0")
                .protocol(Protocol.builtin("vtun"))
                .set(VTUND.clientSettings(30))
                .set("identity.device-id", name)
                .token(token)
                .set("reconnect.first", "200ms")
                .listener(new BridgeListener() {
                    @Override
                    public void onState(BridgeState state, String detail) {
                        states.add(state + " " + detail);
                    }
                });
        return LabBridge.on(device, builder);
    }

    private static void up(LabBridge bridge) throws Exception {
        TunnelInfo tunnel = bridge.bridge().start().toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        assertThat(tunnel.deviceAddress()).isEqualTo(DEVICE);
    }

    /** One that is lossless, and one that loses a packet of a hundred. */
    @ParameterizedTest
    @ValueSource(strings = {"clear", "wan1"})
    void carriesBothWaysAndIntact(String profile) throws Exception {
        connect(profile);
        try (LabBridge bridge = bridge(Vtund.HOST, Vtund.PASSWORD)) {
            up(bridge);
            try (HttpService http = device.call(() -> HttpService.start(new InetSocketAddress(DEVICE, 80)))) {
                HttpLoad client = new HttpLoad(new InetSocketAddress(DEVICE, http.port()));
                awaitPage(client);
                Transfer up = server.call(() -> client.download(1, 20_000_000, 4_000, bytes -> {}));
                assertThat(up.isIntact()).isTrue();
                assertThat(up.bytes()).isGreaterThan(100_000);
                Transfer down = server.call(() -> client.upload(2, 20_000_000, 4_000, bytes -> {}));
                assertThat(down.isIntact()).isTrue();
                assertThat(down.bytes()).isGreaterThan(100_000);
            }
            BridgeStats stats = bridge.bridge().stats().toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            assertThat(stats.outer().badFrames()).isZero();
            assertThat(stats.outer().malformedMessages()).isZero();
            assertThat(stats.outer().unknownTypes()).isZero();
            assertThat(stats.receive().capture().captured()).isPositive();
            assertThat(stats.receive().mismatchedBytes()).isZero();
        }
    }

    @Test
    void aSessionThatEndsIsMadeAgain() throws Exception {
        connect("clear");
        try (LabBridge bridge = bridge(Vtund.HOST, Vtund.PASSWORD)) {
            up(bridge);
            Objects.requireNonNull(vtund).close();
            startServer();
            awaitState("ESTABLISHED", 2);
            try (HttpService http = device.call(() -> HttpService.start(new InetSocketAddress(DEVICE, 80)))) {
                awaitPage(new HttpLoad(new InetSocketAddress(DEVICE, http.port())));
            }
        }
    }

    /** It says ERR, whatever is wrong; and so it does where the session before still stands, which passes. */
    @ParameterizedTest
    @CsvSource({"pump, wrong", "nobody, s3cret"})
    void aRefusalIsHeardAndTriedAgain(String name, String password) throws Exception {
        connect("clear");
        try (LabBridge bridge = bridge(name, password)) {
            bridge.bridge().start();
            // It may not listen yet, and fork once more to say no.
            String state;
            do {
                state = awaitState("WAITING", 1);
            } while (state.contains("cannot connect"));
            assertThat(state).contains("denied");
        }
    }

    @Test
    void theNameMustFitItsBlock() {
        assertThatThrownBy(() -> bridge("a".repeat(60), Vtund.PASSWORD))
                .hasMessage(
                        "identity.device-id: cannot be said to a server of format 'vtun': host: host length is 67; allowed 0 to 50");
    }

    /** vtund sets its device up behind the last word of the login. */
    private void awaitPage(HttpLoad client) {
        await().atMost(PATIENCE_SECONDS, TimeUnit.SECONDS)
                .ignoreExceptions()
                .until(() -> server.call(client::page).isIntact());
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
