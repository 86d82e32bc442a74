package dev.tunbridge.sim.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.bridge.BridgeStats;
import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.sim.scene.Family;
import dev.tunbridge.sim.scene.Scene;
import dev.tunbridge.sim.scene.ScenePlan;
import dev.tunbridge.sim.server.WriteMode;
import dev.tunbridge.sim.traffic.DatagramStream;
import dev.tunbridge.sim.traffic.HttpLoad;
import dev.tunbridge.sim.traffic.HttpService;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** TCP, UDP and application messages, both ways, in every carriage, family, framing and way of writing. */
class CarriageEndToEndTest {
    private static final DatagramStream.Shape STREAM = new DatagramStream.Shape(300, 1200, 3_000_000, 3);

    @BeforeAll
    static void requireLab() {
        Scenes.requireLab();
    }

    @ParameterizedTest(name = "{0} carriage, outer {1}, inner {2}, {3}, writes by {4}")
    @CsvSource({
        "SEGMENT, IPV4, IPV4, reference, FRAME",
        "SEGMENT, IPV6, IPV4, reference, BATCH",
        "SEGMENT, IPV4, IPV6, plain-le,  FRAME",
        "SEGMENT, IPV6, IPV6, hdlc,      BATCH",
        "PACKET,  IPV4, IPV4, reference, BATCH",
        "PACKET,  IPV6, IPV4, hdlc,      FRAME",
        "PACKET,  IPV4, IPV6, reference, FRAME",
        "PACKET,  IPV6, IPV6, plain-le,  BATCH"
    })
    void everythingPassesIntact(Carriage carriage, Family outer, Family inner, String format, WriteMode writeMode)
            throws Exception {
        ScenePlan plan = ScenePlan.over(Scenes.profile("veth"))
                .families(outer, inner)
                .carriage(carriage)
                .protocol(Protocol.builtin(format))
                .writeMode(writeMode);
        try (Scene scene = Scene.open(plan)) {
            assertThat(scene.tunnel().carriage()).isEqualTo(carriage);
            try (HttpService atDevice = Scenes.serviceAtDevice(scene);
                    HttpService atServer = Scenes.serviceAtServer(scene)) {
                scene.serverSide().call(() -> exchange(Scenes.clientOf(atDevice, inner.device())));
                scene.deviceSide().call(() -> exchange(Scenes.clientOf(atServer, inner.server())));
            }
            datagramsPass(scene);
            applicationMessagesPass(scene);
            BridgeStats stats = scene.stats();
            assertThat(stats.refusedFromTunnel()).isEmpty();
            assertThat(stats.outer().badFrames()).isZero();
            assertThat(stats.outer().malformedMessages()).isZero();
            assertThat(stats.outer().unknownTypes()).isZero();
            assertThat(stats.outer().wrongCarriage()).isZero();
            assertThat(stats.flows()).isGreaterThanOrEqualTo(4);
        }
    }

    private static Void exchange(HttpLoad client) throws Exception {
        assertThat(client.page().isIntact()).isTrue();
        assertThat(client.download(3, 3_000_000, Scenes.ANY_TIME, bytes -> {}))
                .satisfies(download -> assertThat(download.isIntact()).isTrue())
                .satisfies(download -> assertThat(download.bytes()).isEqualTo(3_000_000));
        assertThat(client.upload(4, 3_000_000, Scenes.ANY_TIME, bytes -> {}))
                .satisfies(upload -> assertThat(upload.isIntact()).isTrue())
                .satisfies(upload -> assertThat(upload.bytes()).isEqualTo(3_000_000));
        return null;
    }

    private static void datagramsPass(Scene scene) throws Exception {
        Family inner = scene.plan().inner();
        DatagramStream.Outcome down = DatagramStream.between(
                        scene.serverSide().threadFactory("sender"),
                        scene.deviceSide().threadFactory("receiver"),
                        inner.device())
                .play(STREAM, count -> {});
        assertThat(down.isIntact()).as("down: %s", down).isTrue();
        DatagramStream.Outcome up = DatagramStream.between(
                        scene.deviceSide().threadFactory("sender"),
                        scene.serverSide().threadFactory("receiver"),
                        inner.server())
                .play(STREAM, count -> {});
        assertThat(up.isIntact()).as("up: %s", up).isTrue();
    }

    private static void applicationMessagesPass(Scene scene) throws Exception {
        for (int i = 0; i < 20; i++) {
            byte[] up = ("up " + i).getBytes(StandardCharsets.UTF_8);
            byte[] down = ("down " + i).getBytes(StandardCharsets.UTF_8);
            scene.bridge().app().send(i, up).toCompletableFuture().get(5, TimeUnit.SECONDS);
            assertThat(scene.server()
                            .server()
                            .sendApp(i, down)
                            .toCompletableFuture()
                            .get(5, TimeUnit.SECONDS))
                    .isTrue();
            assertThat(scene.appAtServer().poll(5, TimeUnit.SECONDS)).isEqualTo(up);
            assertThat(scene.appAtDevice().poll(5, TimeUnit.SECONDS)).isEqualTo(down);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"veth", "wan0", "wan1", "wan3", "low", "medium", "high", "ge", "blackout", "sea120", "baseline"})
    void sixteenParallelFlowsPassOnEveryProfile(String profile) throws Exception {
        try (Scene scene = Scene.open(ScenePlan.over(Scenes.profile(profile)).seed(7));
                HttpService service = Scenes.serviceAtDevice(scene)) {
            HttpLoad client = Scenes.clientOf(service, scene.plan().inner().device());
            ExecutorService clients =
                    Executors.newFixedThreadPool(16, scene.serverSide().threadFactory("client"));
            try {
                List<Callable<Boolean>> flows = new ArrayList<>();
                for (int i = 0; i < 16; i++) {
                    long seed = i;
                    flows.add(
                            i % 2 == 0
                                    ? () -> client.download(seed, 20_000, Scenes.ANY_TIME, bytes -> {})
                                            .isIntact()
                                    : () -> client.upload(seed, 20_000, Scenes.ANY_TIME, bytes -> {})
                                            .isIntact());
                }
                for (Future<Boolean> flow : clients.invokeAll(flows, 60, TimeUnit.SECONDS)) {
                    assertThat(flow.get()).isTrue();
                }
            } finally {
                clients.shutdownNow();
            }
            assertThat(scene.stats().outer().badFrames()).isZero();
        }
    }

    @Test
    void aGigabytePassesIntact() throws Exception {
        try (Scene scene = Scene.open(ScenePlan.over(Scenes.profile("veth")));
                HttpService service = Scenes.serviceAtDevice(scene)) {
            HttpLoad client = Scenes.clientOf(service, scene.plan().inner().device());
            long gigabyte = 1_000_000_000;
            scene.serverSide().call(() -> {
                assertThat(client.download(9, gigabyte, Scenes.ANY_TIME, bytes -> {}))
                        .satisfies(download -> assertThat(download.isIntact()).isTrue())
                        .satisfies(download -> assertThat(download.bytes()).isEqualTo(gigabyte));
                return null;
            });
        }
    }
}
