package dev.tunbridge.sim.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import dev.tunbridge.linux.CongestionControl;
import dev.tunbridge.sim.link.UserSpaceLink;
import dev.tunbridge.sim.scene.Family;
import dev.tunbridge.sim.scene.Scene;
import dev.tunbridge.sim.scene.ScenePlan;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the kernel says of the outer socket while a local sender fills it, as {@code ss} tells it. */
class OuterSocketTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final Pattern UNSENT = Pattern.compile("notsent:(\\d+)");
    private static final Pattern PACING_GAIN = Pattern.compile("pacing_gain:([0-9.]+)");
    private static final Pattern PACING_LIMIT = Pattern.compile("pacing_rate \\S+/\\S+");
    private static final Duration SOON = Duration.ofMillis(5);
    private static final int ENOUGH_BYTES = 2_000_000;
    private static final Duration OUTAGE = Duration.ofSeconds(3);
    /** TCP_RTO_MIN. */
    private static final int LEAST_TIMEOUT_MILLIS = 200;

    @BeforeAll
    static void requireLab() {
        Scenes.requireLab();
    }

    @Test
    void holdsLittleUnsentSoThatTheQueueIsOurs() throws Exception {
        int limit = 16 * 1024;
        int batch = limit / 2 + 1_500;
        try (Scene scene = scene("socket.notsent-lowat", "16KiB");
                Upload upload = new Upload(scene)) {
            double most = 0;
            while (upload.received() < ENOUGH_BYTES) {
                most = Math.max(most, said(scene, UNSENT));
            }
            assertThat(most).isPositive().isLessThanOrEqualTo(limit + batch);
            assertThat(scene.stats().queue().peakBytes()).isPositive();
        }
    }

    @Test
    void holdsWhateverTheKernelTakesWithoutALimit() throws Exception {
        try (Scene scene = scene("socket.notsent-lowat", "off");
                Upload upload = new Upload(scene)) {
            await().atMost(LIMIT).until(() -> said(scene, UNSENT) > 64 * 1024);
            assertThat(upload.received()).isNotNegative();
        }
    }

    @Test
    void bbrLeavesItsStartupUnderASenderThatPacesItself() throws Exception {
        assumeThat(CongestionControl.refusal("bbr")).as("bbr may be chosen").isEmpty();
        try (Scene scene = scene("socket.congestion-control", "bbr");
                Upload upload = new Upload(scene)) {
            await().atMost(LIMIT).until(() -> upload.received() > ENOUGH_BYTES);
            // Longer than the 200 ms in which it looks for the shortest round trip, in its startup too.
            await().atMost(LIMIT).during(Duration.ofSeconds(1)).until(() -> isCruising(scene));
            assertThat(upload.received()).isPositive();
        }
    }

    @Test
    void holdsBbrBackWhereItsQueueStandsOutsideAndLetsGoAgain() throws Exception {
        assumeThat(CongestionControl.refusal("bbr")).as("bbr may be chosen").isEmpty();
        try (Scene scene = scene("socket.congestion-control", "bbr")) {
            assertThat(isLimited(scene)).isFalse();
            try (Upload upload = new Upload(scene)) {
                await().atMost(LIMIT).pollInterval(SOON).until(() -> isLimited(scene));
                assertThat(upload.received()).isPositive();
            }
            await().atMost(LIMIT).until(() -> !isLimited(scene));
            assertThat(scene.stats().socket().orElseThrow().heldBack()).isFalse();
        }
    }

    @Test
    void neverHoldsBbrBackWhereSwitchedOff() throws Exception {
        assumeThat(CongestionControl.refusal("bbr")).as("bbr may be chosen").isEmpty();
        ScenePlan plan = ScenePlan.over(Scenes.profile("wan0"))
                .set("socket.congestion-control", "bbr")
                .set("socket.drain", "false");
        try (Scene scene = Scene.open(plan);
                Upload upload = new Upload(scene)) {
            while (upload.received() < 4 * ENOUGH_BYTES) {
                assertThat(isLimited(scene)).isFalse();
            }
        }
    }

    /** Whether the socket has been given a limit of its pacing: ss shows both, the rate and the limit. */
    private static boolean isLimited(Scene scene) throws Exception {
        return PACING_LIMIT.matcher(told(scene)).find();
    }

    private static boolean isCruising(Scene scene) throws Exception {
        double gain = said(scene, PACING_GAIN);
        return gain > 0 && gain < 2;
    }

    @ParameterizedTest
    @EnumSource(Family.class)
    void triesAgainSoonInAnOutage(Family outer) throws Exception {
        ScenePlan plan = ScenePlan.over(Scenes.profile("wan0")).families(outer, Family.IPV4);
        assertThat(retriesInAnOutage(plan))
                .as("a wait of at least a timeout each time; were one without effect, the next would come after 10 ms")
                .isBetween(3L, OUTAGE.toMillis() / LEAST_TIMEOUT_MILLIS);
    }

    @Test
    void leavesAnOutageToTheKernelWhereSwitchedOff() throws Exception {
        ScenePlan plan = ScenePlan.over(Scenes.profile("wan0")).set("socket.outage-retry", "false");
        assertThat(retriesInAnOutage(plan)).isZero();
    }

    private static long retriesInAnOutage(ScenePlan plan) throws Exception {
        try (Scene scene = Scene.open(plan);
                Upload upload = new Upload(scene)) {
            await().atMost(LIMIT).until(() -> upload.received() > ENOUGH_BYTES);
            ((UserSpaceLink) scene.link()).blackOutFor(OUTAGE);
            Thread.sleep(OUTAGE.toMillis());
            long before = upload.received();
            await().atMost(LIMIT).until(() -> upload.received() > before + ENOUGH_BYTES);
            assertThat(scene.stats().connections()).isOne();
            return scene.stats().socket().orElseThrow().outageRetries();
        }
    }

    private static Scene scene(String key, String value) throws Exception {
        return Scene.open(ScenePlan.over(Scenes.profile("wan0")).set(key, value));
    }

    /** Of the connection to the server; 0 where nothing is said. */
    private static double said(Scene scene, Pattern what) throws Exception {
        Matcher matcher = what.matcher(told(scene));
        return matcher.find() ? Double.parseDouble(matcher.group(1)) : 0;
    }

    private static String told(Scene scene) throws Exception {
        return scene.deviceSide()
                .run(Duration.ofSeconds(5), "ss", "-tin", "dport", "=", "7000")
                .output();
    }

    /** A sender on the device that never stops, to a reader behind the server. */
    private static final class Upload implements AutoCloseable {
        private final ServerSocket service;
        private final Socket sender;
        private final AtomicLong received = new AtomicLong();

        Upload(Scene scene) throws Exception {
            InetAddress address = scene.plan().inner().server();
            service = scene.serverSide().call(() -> new ServerSocket(0, 1, address));
            scene.serverSide().threadFactory("reader").newThread(this::read).start();
            sender = scene.deviceSide().call(() -> new Socket(address, service.getLocalPort()));
            scene.deviceSide().threadFactory("sender").newThread(this::write).start();
        }

        long received() {
            return received.get();
        }

        private void read() {
            byte[] buffer = new byte[1 << 16];
            try (Socket socket = service.accept()) {
                int bytes = socket.getInputStream().read(buffer);
                while (bytes >= 0) {
                    received.addAndGet(bytes);
                    bytes = socket.getInputStream().read(buffer);
                }
            } catch (IOException e) {
                // closed: the end
            }
        }

        private void write() {
            byte[] buffer = new byte[1 << 14];
            try {
                while (true) {
                    sender.getOutputStream().write(buffer);
                }
            } catch (IOException e) {
                // closed: the end
            }
        }

        @Override
        public void close() throws IOException {
            sender.close();
            service.close();
        }
    }
}
