package dev.tunbridge.sim.rawlane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import com.google.common.base.Splitter;
import dev.tunbridge.bridge.BridgeListener;
import dev.tunbridge.bridge.BridgeState;
import dev.tunbridge.bridge.ReceiveStats;
import dev.tunbridge.reassembly.recovery.LaneState;
import dev.tunbridge.reassembly.stream.Handshake;
import dev.tunbridge.sim.e2e.Scenes;
import dev.tunbridge.sim.lab.JavaProgram;
import dev.tunbridge.sim.lab.Lab;
import dev.tunbridge.sim.lab.LabNamespace;
import dev.tunbridge.sim.lab.LabProcess;
import dev.tunbridge.sim.lab.LabServer;
import dev.tunbridge.sim.link.LinkProfile;
import dev.tunbridge.sim.link.LinkSettingException;
import dev.tunbridge.sim.scene.Family;
import dev.tunbridge.sim.scene.Scene;
import dev.tunbridge.sim.scene.ScenePlan;
import dev.tunbridge.sim.server.RunningServer;
import dev.tunbridge.sim.traffic.DatagramStream;
import dev.tunbridge.sim.traffic.HttpLoad;
import dev.tunbridge.sim.traffic.HttpService;
import dev.tunbridge.sim.traffic.Transfer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever takes the raw lane away, or a part of it: over a link with losses every byte still comes, and the statistics say why later. */
class DegradationTest {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final long UPLOAD_BYTES = 600_000;
    private static final long FAST_BYTES = 800_000_000;
    private static final DatagramStream.Shape STREAM = new DatagramStream.Shape(400, 800, 2_000_000, 2);

    private static final Splitter COLUMNS = Splitter.on(' ').omitEmptyStrings();

    /** Outer segments that the link lost, at least, with this much traffic. */
    private static final int HOLES = 5;

    @BeforeAll
    static void requireLab() {
        Scenes.requireLab();
    }

    @Test
    void withNothingMissingFramesGoEarly() throws Exception {
        try (Scene scene = Scene.open(lossy())) {
            ReceiveStats stats = trafficPasses(scene);
            assertActive(stats);
            assertThat(stats.handshake()).hasValueSatisfying(handshake -> {
                assertThat(handshake.hasSack()).isTrue();
                assertThat(handshake.hasTimestamps()).isTrue();
                assertThat(handshake.maximumSegmentSize()).isEqualTo(1460);
            });
        }
    }

    @Test
    void libpcapDoesAsWell() throws Exception {
        try (Scene scene = Scene.open(lossy().set("capture.backend", "pcap"))) {
            assertActive(trafficPasses(scene));
        }
    }

    @Test
    void theOuterConnectionMayRunOverVersion6() throws Exception {
        try (Scene scene = Scene.open(lossy().families(Family.IPV6, Family.IPV4))) {
            assertActive(trafficPasses(scene));
        }
    }

    @Test
    void withoutACaptureNothingGoesEarly() throws Exception {
        try (Scene scene = Scene.open(lossy().set("capture.backend", "none"))) {
            ReceiveStats stats = trafficPasses(scene);
            assertThat(stats.lane()).isEqualTo(LaneState.OFF);
            assertThat(stats.handshake()).isEmpty();
            assertThat(stats.segments() + stats.capture().captured() + stats.earlyFrames())
                    .isZero();
        }
    }

    @Test
    void switchedOffItOnlyMeasures() throws Exception {
        try (Scene scene = Scene.open(lossy().set("recovery.enabled", "false"))) {
            ReceiveStats stats = trafficPasses(scene);
            assertThat(stats.lane()).isEqualTo(LaneState.MEASURING);
            assertThat(stats.earlyFrames()).isZero();
            assertThat(stats.holes()).isGreaterThanOrEqualTo(HOLES);
            assertThat(stats.waits().count()).isGreaterThan(STREAM.datagrams());
        }
    }

    @Test
    void aServerWithoutSackIsNamedInTheLog() throws Exception {
        try (LogWatch log = new LogWatch("dev.tunbridge.bridge.tunnel.OuterConnection")) {
            ReceiveStats stats = trafficPassesWith("net.ipv4.tcp_sack=0");
            assertThat(stats.handshake()).map(Handshake::hasSack).hasValue(false);
            assertThat(stats.handshake()).map(Handshake::hasTimestamps).hasValue(true);
            assertActive(stats);
            assertThat(log.lines()).anyMatch(line -> line.contains("selective acknowledgements"));
        }
    }

    @Test
    void aServerWithoutTimestampsIsFollowedByItsNumbersAlone() throws Exception {
        ReceiveStats stats = trafficPassesWith("net.ipv4.tcp_timestamps=0");
        assertThat(stats.handshake()).map(Handshake::hasTimestamps).hasValue(false);
        assertThat(stats.handshake()).map(Handshake::hasSack).hasValue(true);
        assertActive(stats);
    }

    /** Over a connection that begins only after a setting of the server's kernel. */
    private static ReceiveStats trafficPassesWith(String sysctl) throws Exception {
        BlockingQueue<BridgeState> states = new LinkedBlockingQueue<>();
        BridgeListener listener = new BridgeListener() {
            @Override
            public void onState(BridgeState state, String detail) {
                states.add(state);
            }
        };
        try (Scene scene = Scene.open(lossy().set("reconnect.first", "50ms"), listener)) {
            assertThat(scene.serverSide().run(LIMIT, "sysctl", "-w", sysctl).isSuccess())
                    .isTrue();
            states.clear();
            scene.stopServer();
            scene.startServer();
            await().atMost(LIMIT).until(() -> states.poll(1, TimeUnit.SECONDS) == BridgeState.ESTABLISHED);
            return trafficPasses(scene);
        }
    }

    @Test
    void whatTheReceiversOwnFirewallDropsComesAgain() throws Exception {
        Scenes.requireProgram("nft");
        try (Scene scene = Scene.open(lossy())) {
            LabNamespace device = scene.deviceSide();
            String rules = "add table inet proof; "
                    + "add chain inet proof input { type filter hook input priority 0; }; "
                    + "add rule inet proof input tcp sport 7000 numgen random mod 100 < 4 drop";
            assertThat(device.run(LIMIT, "nft", rules).isSuccess()).isTrue();
            ReceiveStats stats = trafficPasses(scene);
            assertThat(stats.lane()).isEqualTo(LaneState.ACTIVE);
            assertThat(stats.kernelLost())
                    .as("what the capture saw and the kernel did not take")
                    .isPositive();
            assertThat(stats.earlyFrames()).isPositive();
            assertThat(stats.conflicts() + stats.mismatchedBytes() + stats.mismatchedBoundaries())
                    .isZero();
        }
    }

    @Test
    void onAFastPathTheCaptureRestsUntilALoss() throws Exception {
        Scenes.requireProgram("nft");
        InetAddress address = Family.IPV4.device();
        try (Scene scene = Scene.open(ScenePlan.over(LinkProfile.named("veth")));
                HttpService service =
                        scene.deviceSide().call(() -> HttpService.start(new InetSocketAddress(address, 0)))) {
            HttpLoad client = new HttpLoad(new InetSocketAddress(address, service.port()));
            FutureTask<Transfer> upload = new FutureTask<>(() -> scene.serverSide()
                    .call(() -> client.upload(7, FAST_BYTES, TimeUnit.MINUTES.toMillis(2), sent -> {})));
            new Thread(upload, "upload").start();
            while (scene.stats().receive().rests() == 0 && !upload.isDone()) {
                TimeUnit.MILLISECONDS.sleep(50);
            }
            assumeThat(scene.stats().receive().rests())
                    .as("200 Mbit/s for two seconds are too much for this machine")
                    .isPositive();
            long holes = scene.stats().receive().holes();
            // Lost to the capture too, and without the sender's knowledge: sent to a port where nobody listens.
            String rules = "add table inet proof; "
                    + "add chain inet proof output { type filter hook output priority 0; }; "
                    + "add rule inet proof output tcp sport 7000 numgen inc mod 200 == 0 tcp dport set 9";
            assertThat(scene.serverSide().run(LIMIT, "nft", rules).isSuccess()).isTrue();
            await().atMost(LIMIT)
                    .until(() -> scene.stats().receive().lane() == LaneState.ACTIVE
                            && scene.stats().receive().holes() > holes);
            assertThat(scene.serverSide()
                            .run(LIMIT, "nft", "delete table inet proof")
                            .isSuccess())
                    .isTrue();
            assertThat(upload.get(2, TimeUnit.MINUTES).isIntact()).isTrue();
            ReceiveStats stats = scene.stats().receive();
            assertThat(stats.swallowed()).isEqualTo(stats.earlyFrames());
            assertThat(stats.conflicts() + stats.mismatchedBytes() + stats.mismatchedBoundaries())
                    .isZero();
        }
    }

    @Test
    void aFullRingLosesToTheCaptureAlone() throws Exception {
        CountDownLatch overflown = new CountDownLatch(1);
        BridgeListener listener = new BridgeListener() {
            @Override
            public void onApp(int topic, byte[] payload) {
                try {
                    overflown.await(); // the loop itself: nobody reads the capture
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        };
        try (Scene scene = Scene.open(lossy().set("capture.ring-bytes", "128KiB"), listener)) {
            scene.server()
                    .server()
                    .sendApp(1, new byte[1])
                    .toCompletableFuture()
                    .get(20, TimeUnit.SECONDS);
            FutureTask<Boolean> burst = new FutureTask<>(() -> datagramsPass(scene.serverSide(), scene.deviceSide()));
            Thread sender = new Thread(burst, "burst");
            sender.start();
            try {
                // 32 slots of the ring hold less than the socket.
                await().atMost(LIMIT).until(() -> unreadBytes(scene.deviceSide()) > 48_000);
            } finally {
                overflown.countDown();
            }
            assertThat(burst.get(60, TimeUnit.SECONDS)).isTrue();
            ReceiveStats overflow = scene.stats().receive();
            assertThat(overflow.capture().dropped()).isPositive();
            ReceiveStats stats = trafficPasses(scene);
            assertActive(stats);
            assertThat(stats.earlyFrames()).as("it has begun anew").isGreaterThan(overflow.earlyFrames());
        }
    }

    /** As ss has it in its second column: Recv-Q. */
    private static long unreadBytes(LabNamespace device) throws Exception {
        return device.run(LIMIT, "ss", "-tnH", "dport", "=", ":7000")
                .output()
                .lines()
                .mapToLong(line -> Long.parseLong(COLUMNS.splitToList(line).get(1)))
                .max()
                .orElse(0);
    }

    @Test
    void withoutThePermissionTheProgramWorksAndSaysSo(@TempDir Path folder) throws Exception {
        Scenes.requireProgram("setpriv");
        Path file = folder.resolve("stats.json");
        try (Lab lab = Lab.open()) {
            LabNamespace device = lab.namespace("device");
            LabNamespace server = lab.namespace("server");
            lab.connect(device.at("out0", "198.18.0.1/30"), server.at("out0", "198.18.0.2/30"), lossyLink(), 11);
            try (RunningServer running = LabServer.start(server, new InetSocketAddress("198.18.0.2", 7_000));
                    LabProcess bridge = device.start(withoutRawSockets(running.address(), file))) {
                bridge.awaitLine("tunnel up", LIMIT);
                assertThat(bridge.output()).anyMatch(line -> line.contains("CAP_NET_RAW is missing"));
                trafficPasses(server, device);
                await().atMost(LIMIT)
                        .until(() ->
                                Files.exists(file) && Files.readString(file).contains("\"lane\":\"forbidden\""));
                bridge.terminate();
                assertThat(bridge.awaitExit(LIMIT)).isZero();
            }
        }
        assertThat(Files.readString(file)).contains("\"early_frames\":0,").contains("\"handshake\":null");
    }

    private static String[] withoutRawSockets(InetSocketAddress server, Path statsFile) {
        List<String> command =
                new ArrayList<>(List.of("setpriv", "--bounding-set", "-net_raw", "--inh-caps", "-net_raw", "--"));
        command.addAll(JavaProgram.java(
                "dev.tunbridge.bridge.service.Main",
                "run",
                "--server",
                server.getAddress().getHostAddress() + ":" + server.getPort(),
                "--stats-file",
                statsFile.toString()));
        return command.toArray(String[]::new);
    }

    private static ScenePlan lossy() throws LinkSettingException {
        return ScenePlan.over(lossyLink()).seed(11);
    }

    private static LinkProfile lossyLink() throws LinkSettingException {
        return LinkProfile.CLEAR.with(List.of("delay=5ms", "loss=3"));
    }

    private static void assertActive(ReceiveStats stats) {
        assertThat(stats.lane()).isEqualTo(LaneState.ACTIVE);
        assertThat(stats.earlyFrames()).isPositive();
        assertThat(stats.swallowed()).isEqualTo(stats.earlyFrames());
        assertThat(stats.conflicts() + stats.mismatchedBytes() + stats.mismatchedBoundaries() + stats.contradictions())
                .isZero();
    }

    /** An upload and a stream to the device, both compared with what was sent. */
    private static ReceiveStats trafficPasses(Scene scene) throws Exception {
        trafficPasses(scene.serverSide(), scene.deviceSide());
        return scene.stats().receive();
    }

    private static void trafficPasses(LabNamespace server, LabNamespace device) throws Exception {
        InetAddress address = Family.IPV4.device();
        try (HttpService service = device.call(() -> HttpService.start(new InetSocketAddress(address, 0)))) {
            HttpLoad client = new HttpLoad(new InetSocketAddress(address, service.port()));
            Transfer upload =
                    server.call(() -> client.upload(5, UPLOAD_BYTES, TimeUnit.MINUTES.toMillis(1), sent -> {}));
            assertThat(upload.isIntact()).isTrue();
            assertThat(upload.bytes()).isEqualTo(UPLOAD_BYTES);
        }
        assertThat(datagramsPass(server, device)).isTrue();
    }

    private static boolean datagramsPass(LabNamespace server, LabNamespace device) throws Exception {
        DatagramStream.Outcome outcome = DatagramStream.between(
                        server.threadFactory("sender"), device.threadFactory("receiver"), Family.IPV4.device())
                .play(STREAM, count -> {});
        assertThat(outcome.isIntact()).as("%s", outcome).isTrue();
        return true;
    }
}
