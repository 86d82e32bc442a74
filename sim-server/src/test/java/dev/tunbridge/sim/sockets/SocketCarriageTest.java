package dev.tunbridge.sim.sockets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tunbridge.bridge.BridgeState;
import dev.tunbridge.bridge.relay.Misbehaviour;
import dev.tunbridge.bridge.relay.RelayStats;
import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.sim.e2e.Scenes;
import dev.tunbridge.sim.link.Command;
import dev.tunbridge.sim.scene.Family;
import dev.tunbridge.sim.scene.Scene;
import dev.tunbridge.sim.scene.ScenePlan;
import dev.tunbridge.sim.server.WriteMode;
import dev.tunbridge.sim.traffic.HttpLoad;
import dev.tunbridge.sim.traffic.HttpService;
import dev.tunbridge.sim.traffic.Transfer;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Programs of others at both ends: the simulated server ends the clients, a whole bridge opens the connections to the services. */
@Timeout(120)
class SocketCarriageTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final int SHORT_CONNECTIONS = 2_000;
    private static final int OPEN_CONNECTIONS = 1_000;
    private static final long ANY_TIME = 600_000;
    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

    @BeforeAll
    static void requireLab() {
        Scenes.requireLab();
    }

    private static ScenePlan plan(Family inner) {
        return ScenePlan.over(Scenes.profile("veth"))
                .families(Family.IPV4, inner)
                .carriage(Carriage.SOCKET)
                .set("carriage", "socket");
    }

    private static SocketStats stats(Scene scene) throws Exception {
        return scene.server()
                .server()
                .stats()
                .toCompletableFuture()
                .get(10, TimeUnit.SECONDS)
                .sockets();
    }

    @ParameterizedTest
    @CsvSource({"IPV4, FRAME", "IPV4, BATCH", "IPV6, FRAME"})
    void curlAndIperfReachServicesOfTheLoopback(Family inner, WriteMode writeMode) throws Exception {
        Scenes.requireProgram("curl");
        Scenes.requireProgram("iperf3");
        try (Scene scene = Scene.open(plan(inner).writeMode(writeMode))) {
            String device = inner.device().getHostAddress();
            try (HttpService service =
                    scene.deviceSide().call(() -> HttpService.start(new InetSocketAddress(LOOPBACK, 0)))) {
                String url =
                        "http://" + (inner == Family.IPV6 ? "[" + device + "]" : device) + ":" + service.port() + "/";
                Command.Result page = scene.serverSide().run(LIMIT, "curl", "-sS", "--fail", "-m", "20", url);
                assertThat(page.errors()).isEmpty();
                assertThat(page.output()).contains("It works");
                Transfer down = scene.serverSide()
                        .call(() -> load(inner, service).download(7, 20 << 20, ANY_TIME, bytes -> {}));
                assertThat(down.isIntact()).isTrue();
                assertThat(down.bytes()).isEqualTo(20 << 20);
                Transfer up =
                        scene.serverSide().call(() -> load(inner, service).upload(8, 20 << 20, ANY_TIME, bytes -> {}));
                assertThat(up.isIntact()).isTrue();
                assertThat(up.bytes()).isEqualTo(20 << 20);
            }
            String loopback = inner == Family.IPV6 ? "::1" : "127.0.0.1"; // datagrams go to that of the client's family
            Scenes.iperfPasses(scene, loopback, device);
            assertThat(stats(scene).deviceFaults()).isZero();
            assertThat(stats(scene).datagramsDropped()).isZero();
            Awaitility.await()
                    .untilAsserted(() -> assertThat(relay(scene).now().channels())
                            .isLessThanOrEqualTo(2)); // flows of datagrams, until they are idle
        }
    }

    private static HttpLoad load(Family inner, HttpService service) {
        return new HttpLoad(new InetSocketAddress(inner.device(), service.port()));
    }

    /** One after the other, and then as many at once as the bridge has channels for, and some of each. */
    @Test
    void manyConnectionsLeaveNothingBehind() throws Exception {
        try (Scene scene = Scene.open(plan(Family.IPV4));
                ServerSocket echo = scene.deviceSide().call(() -> new ServerSocket(0, 1000, LOOPBACK))) {
            scene.deviceSide().newThread(() -> serveEcho(echo)).start();
            InetSocketAddress service = new InetSocketAddress(Family.IPV4.device(), echo.getLocalPort());
            scene.serverSide().call(() -> {
                for (int i = 0; i < SHORT_CONNECTIONS; i++) {
                    try (Socket client = new Socket()) {
                        client.connect(service, 10_000);
                        client.getOutputStream().write(i);
                        assertThat(client.getInputStream().read()).isEqualTo(i & 0xff);
                    }
                }
                return true;
            });
            List<Socket> open = new ArrayList<>();
            for (int i = 0; i < OPEN_CONNECTIONS; i++) {
                open.add(connect(scene, service));
            }
            for (int i = 0; i < OPEN_CONNECTIONS; i++) {
                open.get(i).getOutputStream().write(i);
            }
            for (int i = 0; i < OPEN_CONNECTIONS; i++) {
                assertThat(open.get(i).getInputStream().read()).isEqualTo(i & 0xff);
            }
            assertThat(stats(scene).channels()).isEqualTo(OPEN_CONNECTIONS);
            for (int i = 0; i < OPEN_CONNECTIONS; i++) {
                open.get(i).setSoLinger(i % 2 == 0, 0);
                open.get(i).close();
            }
            Awaitility.await().untilAsserted(() -> {
                assertThat(stats(scene).channels()).isZero();
                assertThat(stats(scene).clients()).isZero();
                assertThat(relay(scene).now().channels()).isZero();
            });
            assertThat(stats(scene).deviceFaults()).isZero();
            assertThat(stats(scene).refusals()).isZero();
            assertThat(stats(scene).opens()).isEqualTo(SHORT_CONNECTIONS + OPEN_CONNECTIONS);
            assertThat(relay(scene).misbehaviours().values()).containsOnly(0L);
        }
    }

    private static void serveEcho(ServerSocket service) {
        try {
            while (true) {
                Socket accepted = service.accept();
                Thread thread = new Thread(() -> {
                    try (accepted) {
                        accepted.getInputStream().transferTo(accepted.getOutputStream());
                    } catch (IOException e) {
                        // Its client has broken it off.
                    }
                });
                thread.setDaemon(true);
                thread.start();
            }
        } catch (IOException e) {
            // The test is over.
        }
    }

    /** The bridge counts it, the channel has the right end, and others go on. */
    @ParameterizedTest
    @EnumSource(Misdeed.class)
    void aBridgeSurvivesEachMisdeed(Misdeed misdeed) throws Exception {
        ScenePlan plan = plan(Family.IPV4).site(SiteOptions.HONEST.misdeeds(Set.of(misdeed)));
        try (Scene scene = Scene.open(plan);
                HttpService http =
                        scene.deviceSide().call(() -> HttpService.start(new InetSocketAddress(LOOPBACK, 0)));
                ServerSocket silent = scene.deviceSide().call(() -> new ServerSocket(0, 2 * Channels.FLOOD, LOOPBACK));
                DatagramSocket echo = scene.deviceSide().call(() -> new DatagramSocket(0, LOOPBACK))) {
            scene.deviceSide().newThread(() -> echo(echo)).start();
            InetSocketAddress service = new InetSocketAddress(Family.IPV4.device(), silent.getLocalPort());
            try (Socket client = connect(scene, service);
                    Socket atService = silent.accept()) {
                switch (misdeed) {
                    case OVERRUN_CREDIT -> {
                        assertThatThrownBy(() -> writeForEver(client)).isInstanceOf(SocketException.class);
                        awaitMisbehaviour(scene, Misbehaviour.CREDIT_OVERRUN);
                    }
                    case DATA_AFTER_CLOSE -> {
                        client.shutdownOutput();
                        assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(SocketException.class);
                        awaitMisbehaviour(scene, Misbehaviour.DATA_AFTER_END);
                    }
                    case REUSE_NUMBER -> {
                        client.shutdownOutput();
                        assertThat(atService.getInputStream().read()).isEqualTo(-1);
                        assertThatThrownBy(
                                        () -> { // by its connect, where the reset is as quick
                                            try (Socket second = connect(scene, service)) {
                                                second.getInputStream().read();
                                            }
                                        })
                                .isInstanceOf(SocketException.class);
                        awaitMisbehaviour(scene, Misbehaviour.NUMBER_IN_USE);
                    }
                    case FLOOD_OPENS ->
                        Awaitility.await()
                                .untilAsserted(
                                        () -> assertThat(relay(scene).opens()).isEqualTo(1L + Channels.FLOOD));
                }
            }
            assertThat(stats(scene).misdeeds()).isPositive();

            Transfer page =
                    scene.serverSide().call(() -> load(Family.IPV4, http).page());
            assertThat(page.isIntact()).isTrue();
            assertThat(scene.serverSide().call(() -> isEchoed(echo.getLocalPort())))
                    .isTrue();
            assertThat(scene.bridge().state()).isEqualTo(BridgeState.ESTABLISHED);
            assertThat(scene.server()
                            .server()
                            .stats()
                            .toCompletableFuture()
                            .get()
                            .sessions())
                    .isOne();
            Awaitility.await()
                    .untilAsserted(
                            () -> assertThat(relay(scene).now().channels()).isLessThanOrEqualTo(1));
        }
    }

    private static RelayStats relay(Scene scene) throws Exception {
        return scene.stats().relay().orElseThrow();
    }

    private static void awaitMisbehaviour(Scene scene, Misbehaviour what) {
        Awaitility.await()
                .untilAsserted(() -> assertThat(relay(scene).misbehaved(what)).isPositive());
    }

    private static Socket connect(Scene scene, InetSocketAddress service) throws IOException {
        return scene.serverSide().call(() -> {
            Socket client = new Socket();
            client.setSoTimeout(10_000);
            client.connect(service, 10_000);
            return client;
        });
    }

    /** To a service that reads nothing: until the connection is broken off. */
    private static void writeForEver(Socket client) throws IOException {
        while (true) {
            client.getOutputStream().write(new byte[64 * 1024]);
        }
    }

    private static void echo(DatagramSocket socket) {
        try {
            DatagramPacket packet = new DatagramPacket(new byte[2048], 2048);
            while (true) {
                packet.setLength(2048);
                socket.receive(packet);
                socket.send(packet);
            }
        } catch (IOException e) {
            // The test is over.
        }
    }

    private static boolean isEchoed(int port) throws IOException {
        try (DatagramSocket client = new DatagramSocket()) {
            client.connect(new InetSocketAddress(Family.IPV4.device(), port));
            client.setSoTimeout(10_000);
            client.send(new DatagramPacket("x".getBytes(StandardCharsets.US_ASCII), 1));
            DatagramPacket answer = new DatagramPacket(new byte[16], 16);
            client.receive(answer);
            return answer.getLength() == 1;
        }
    }
}
