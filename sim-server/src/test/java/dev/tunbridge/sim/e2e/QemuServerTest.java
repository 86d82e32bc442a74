package dev.tunbridge.sim.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.common.net.InetAddresses;
import dev.tunbridge.bridge.BridgeListener;
import dev.tunbridge.bridge.BridgeState;
import dev.tunbridge.bridge.BridgeStats;
import dev.tunbridge.sim.foreign.QemuSocket;
import dev.tunbridge.sim.lab.LabNamespace;
import dev.tunbridge.sim.link.Command;
import dev.tunbridge.sim.scene.Scene;
import dev.tunbridge.sim.scene.ScenePlan;
import dev.tunbridge.sim.traffic.HttpLoad;
import dev.tunbridge.sim.traffic.HttpService;
import dev.tunbridge.sim.traffic.Transfer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The bridge as a station on an Ethernet: QEMU's socket network, and behind it the kernel. By the description {@code qemu} alone. */
class QemuServerTest {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private final AtomicInteger sessions = new AtomicInteger();

    @BeforeAll
    static void requireQemu() throws Exception {
        Scenes.requireLab();
        Scenes.requireProgram(QemuSocket.PROGRAM);
    }

    private static ScenePlan over(String profile, InetAddress server, InetAddress device) {
        return ScenePlan.over(Scenes.profile(profile))
                .at(new QemuSocket(server, device))
                .set("reconnect.first", "200ms");
    }

    private static InetAddress address(String text) {
        return InetAddresses.forString(text);
    }

    /** One that is lossless, and one that loses a packet of a hundred; IPv4, and IPv6. */
    @ParameterizedTest
    @CsvSource({"clear, 198.19.0.2, 198.19.0.1", "wan1, 198.19.0.2, 198.19.0.1", "clear, 2001:2:0:9::2, 2001:2:0:9::1"})
    void carriesBothWaysAndIntact(String profile, String server, String device) throws Exception {
        try (Scene scene = Scene.open(over(profile, address(server), address(device)));
                HttpService http = Scenes.serviceAtDevice(scene)) {
            HttpLoad client = Scenes.clientOf(http, address(device));
            assertThat(scene.serverSide().call(client::page).isIntact()).isTrue();
            Transfer up = scene.serverSide().call(() -> client.download(1, 20_000_000, 3_000, bytes -> {}));
            assertThat(up.isIntact()).isTrue();
            assertThat(up.bytes()).isGreaterThan(100_000);
            Transfer down = scene.serverSide().call(() -> client.upload(2, 20_000_000, 3_000, bytes -> {}));
            assertThat(down.isIntact()).isTrue();
            assertThat(down.bytes()).isGreaterThan(100_000);
            BridgeStats stats = scene.stats();
            assertThat(stats.outer().badFrames()).isZero();
            assertThat(stats.outer().malformedMessages()).isZero();
            assertThat(stats.receive().mismatchedBytes()).isZero();
        }
    }

    @Test
    void theKernelKnowsThisStationByItsAddressAndIsAskedForItsOwn() throws Exception {
        InetAddress device = address("198.19.0.1");
        InetAddress server = address("198.19.0.2");
        try (Scene scene = Scene.open(over("clear", server, device))) {
            // The device speaks first: without an answer to its question the kernel would not take what is sent to all.
            try (ServerSocket service = scene.serverSide().call(() -> new ServerSocket(0, 1, server));
                    Socket client = scene.deviceSide().call(() -> {
                        Socket socket = new Socket();
                        socket.connect(new InetSocketAddress(server, service.getLocalPort()), (int) LIMIT.toMillis());
                        return socket;
                    })) {
                assertThat(client.isConnected()).isTrue();
            }
            assertThat(neighbours(scene.serverSide())).contains("198.19.0.1").contains("02:54:c6:13:00:01");
        }
    }

    private static String neighbours(LabNamespace host) throws IOException {
        Command.Result result = host.run(LIMIT, "ip", "neighbour", "show", "dev", "hub0");
        return result.toString();
    }

    @Test
    void aServerThatEndsIsFoundAgain() throws Exception {
        InetAddress device = address("198.19.0.1");
        BridgeListener listener = new BridgeListener() {
            @Override
            public void onState(BridgeState state, String detail) {
                if (state == BridgeState.ESTABLISHED) {
                    sessions.incrementAndGet();
                }
            }
        };
        try (Scene scene = Scene.open(over("clear", address("198.19.0.2"), device), listener);
                HttpService http = Scenes.serviceAtDevice(scene)) {
            HttpLoad client = Scenes.clientOf(http, device);
            scene.stopServer();
            scene.startServer();
            await().atMost(LIMIT).until(() -> sessions.get() >= 2);
            await().atMost(LIMIT.toSeconds(), TimeUnit.SECONDS)
                    .ignoreExceptions()
                    .until(() -> scene.serverSide().call(client::page).isIntact());
        }
    }
}
