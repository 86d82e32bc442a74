package dev.tunbridge.sim.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.common.net.InetAddresses;
import dev.tunbridge.bridge.mapping.MappedClient;
import dev.tunbridge.bridge.mapping.MappingStats;
import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.sim.lab.Lab;
import dev.tunbridge.sim.lab.LabNamespace;
import dev.tunbridge.sim.scene.Family;
import dev.tunbridge.sim.scene.Scene;
import dev.tunbridge.sim.scene.ScenePlan;
import dev.tunbridge.sim.traffic.HttpLoad;
import dev.tunbridge.sim.traffic.HttpService;
import dev.tunbridge.sim.traffic.Transfer;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Whatever answers a client of no known network, the answer goes back through the tunnel and nothing by the uplink. */
class MappingEndToEndTest {
    /** The routes of the tunnel, which tell its MTU, as somebody would have them who does not want that. */
    private static final String ROUTES_WITHOUT_MTU =
            "ip route show dev tb0 | sed -E 's/ (mtu|rto_min) .*//' | while read -r route; do ip route replace $route dev tb0; done";

    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final int PORT = 5300;
    private static final int PUBLISHED = 8080;

    @BeforeAll
    static void requireLab() throws Exception {
        Scenes.requireLab();
        Scenes.requireProgram("nft");
    }

    private static ScenePlan plan(String profile, Family family, Carriage carriage) {
        return ScenePlan.over(Scenes.profile(profile))
                .families(family, family)
                .carriage(carriage)
                .set("reconnect.first", "200ms");
    }

    @ParameterizedTest
    @CsvSource({"IPV4, SEGMENT", "IPV6, SEGMENT", "IPV4, PACKET", "IPV6, PACKET"})
    void aUdpServiceBoundToNoAddressAnswersThroughTheTunnel(Family family, Carriage carriage) throws Exception {
        try (Scene scene = Scene.open(plan("veth", family, carriage).set("mapping", "pool"));
                Echo echo = Echo.start(scene.deviceSide())) {
            Outsider outsider = Outsider.of(scene);
            for (int i = 0; i < 20; i++) {
                assertThat(ask(scene, "question " + i)).isEqualTo("question " + i);
            }
            assertThat(outsider.strayed()).as("packets by the uplink").isZero();
            MappingStats mapping = scene.stats().mapping().orElseThrow();
            assertThat(mapping.entries()).isEqualTo(1);
            assertThat(mapping.packetsIn()).isEqualTo(20);
            assertThat(mapping.packetsOut()).isEqualTo(20);
            List<MappedClient> clients =
                    scene.bridge().clients().toCompletableFuture().get(5, TimeUnit.SECONDS);
            assertThat(clients)
                    .extracting(MappedClient::client)
                    .containsExactly(InetAddresses.toAddrString(outsider.address()));
            assertThat(echo.lastSender()).isEqualTo(clients.get(0).address());
        }
    }

    /** What the pool is for: without it the same question gets no answer, and its answer leaves by the uplink. */
    @ParameterizedTest
    @EnumSource(Family.class)
    void withoutAPoolTheAnswerLeavesByTheUplink(Family family) throws Exception {
        try (Scene scene = Scene.open(plan("veth", family, Carriage.SEGMENT).set("mapping", "off"));
                Echo echo = Echo.start(scene.deviceSide())) {
            Outsider outsider = Outsider.of(scene);
            assertThatThrownBy(() -> ask(scene, "anybody?")).isInstanceOf(SocketTimeoutException.class);
            assertThat(outsider.strayed()).isPositive();
            assertThat(echo.lastSender()).isNotEmpty();
        }
    }

    @Test
    void aServiceThatHasStartedMeanwhileGetsThePoolAtTheNextConnection() throws Exception {
        try (Scene scene = Scene.open(plan("veth", Family.IPV4, Carriage.SEGMENT))) {
            assertThat(scene.stats().mapping()).isEmpty();
            try (Echo echo = Echo.start(scene.deviceSide())) {
                reconnect(scene);
                Outsider outsider = Outsider.of(scene);
                assertThat(ask(scene, "hello")).isEqualTo("hello");
                assertThat(outsider.strayed()).isZero();
                assertThat(scene.stats().mapping()).isPresent();
                assertThat(echo.lastSender()).startsWith("198.1");
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "IPV4, SEGMENT, pool, off",
        "IPV6, PACKET, pool, off",
        "IPV4, PACKET, off, mark",
        "IPV6, SEGMENT, off, mark"
    })
    void aPublishedPortOfAContainerAnswers(Family family, Carriage carriage, String mapping, String answers)
            throws Exception {
        ScenePlan plan = plan("veth", family, carriage).set("mapping", mapping).set("answers", answers);
        try (Lab lab = Lab.open();
                Scene scene = Scene.open(plan)) {
            LabNamespace container = lab.namespace("container");
            publish(scene.deviceSide(), container, family);
            Outsider outsider = Outsider.of(scene);
            try (HttpService service =
                    container.call(() -> HttpService.start(new InetSocketAddress(containerAddress(family), 80)))) {
                assertThat(service.port()).isEqualTo(80);
                HttpLoad client = new HttpLoad(new InetSocketAddress(family.device(), PUBLISHED));
                scene.serverSide().call(() -> {
                    assertThat(client.page().isIntact()).isTrue();
                    assertThat(client.download(3, 2_000_000, Scenes.ANY_TIME, bytes -> {})
                                    .isIntact())
                            .isTrue();
                    assertThat(client.upload(4, 2_000_000, Scenes.ANY_TIME, bytes -> {})
                                    .isIntact())
                            .isTrue();
                    return null;
                });
            }
            assertThat(outsider.strayed()).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource(Family.class)
    void aStrictReversePathFilterLetsClientsPass(Family family) throws Exception {
        try (Scene scene = Scene.open(plan("veth", family, Carriage.PACKET).set("mapping", "pool"));
                Echo echo = Echo.start(scene.deviceSide())) {
            Outsider.of(scene);
            // As firewalld has it with IPv6_rpfilter and its like, for both families.
            Outsider.nft(
                    scene.deviceSide(),
                    "add table inet strict; add chain inet strict in { type filter hook prerouting priority -140; };"
                            + " add rule inet strict in iifname tb0 fib saddr . mark . iif oif missing drop");
            if (family == Family.IPV4) {
                Outsider.run(scene.deviceSide(), "sysctl", "-qw", "net.ipv4.conf.tb0.rp_filter=1");
            }
            assertThat(ask(scene, "strict")).isEqualTo("strict");
            assertThat(echo.lastSender()).isNotEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(Family.class)
    void pingsAndErrorsPassBothWays(Family family) throws Exception {
        try (Scene scene = Scene.open(plan("veth", family, Carriage.PACKET).set("mapping", "pool"))) {
            Outsider outsider = Outsider.of(scene);
            String ping = Outsider.run(
                    scene.serverSide(),
                    "ping",
                    "-c3",
                    "-i0.1",
                    "-W5",
                    family.device().getHostAddress());
            assertThat(ping).contains("3 received");
            // Nobody listens there: the device's kernel quotes the pool's address, and the client must know its own.
            scene.serverSide().call(() -> {
                try (DatagramSocket socket = new DatagramSocket()) {
                    socket.connect(new InetSocketAddress(family.device(), 5999));
                    socket.setSoTimeout((int) LIMIT.toMillis());
                    socket.send(packet("anybody?"));
                    assertThatThrownBy(() -> socket.receive(new DatagramPacket(new byte[100], 100)))
                            .isInstanceOf(PortUnreachableException.class);
                }
                return null;
            });
            assertThat(outsider.strayed()).isZero();
        }
    }

    /** The error comes from ourselves: a packet longer than the tunnel, to an address of the pool. */
    @Test
    void aLocalSenderHearsThatItsPacketIsTooLong() throws Exception {
        ScenePlan plan = plan("veth", Family.IPV4, Carriage.PACKET).set("mapping", "pool");
        try (Scene scene = Scene.open(plan)) {
            Outsider.of(scene);
            CountDownLatch asked = new CountDownLatch(1);
            FutureTask<String> answerer = new FutureTask<>(() -> {
                try (DatagramSocket socket = new DatagramSocket(PORT)) {
                    asked.countDown();
                    DatagramPacket question = new DatagramPacket(new byte[100], 100);
                    socket.setSoTimeout((int) LIMIT.toMillis());
                    socket.receive(question);
                    // The interface lets through what the tunnel does not: then the bridge answers.
                    Outsider.run(scene.deviceSide(), "ip", "link", "set", "tb0", "mtu", "1500");
                    Outsider.run(scene.deviceSide(), "sh", "-c", ROUTES_WITHOUT_MTU);
                    return Outsider.run(
                            scene.deviceSide(),
                            "sh",
                            "-c",
                            "ping -M do -s 1450 -c 2 -W 3 "
                                    + question.getAddress().getHostAddress() + " || true");
                }
            });
            scene.deviceSide().newThread(answerer).start();
            assertThat(asked.await(10, TimeUnit.SECONDS)).isTrue();
            scene.serverSide().call(() -> {
                try (DatagramSocket socket = new DatagramSocket()) {
                    socket.connect(new InetSocketAddress(Family.IPV4.device(), PORT));
                    socket.send(packet("hello"));
                }
                return null;
            });
            assertThat(answerer.get(30, TimeUnit.SECONDS)).as("what ping hears").contains("1400");
        }
    }

    @ParameterizedTest
    @CsvSource({"SEGMENT, high", "PACKET, medium"})
    void packetsPastAHoleHaveTheSameAddressAsThoseBehindIt(Carriage carriage, String profile) throws Exception {
        ScenePlan plan = plan(profile, Family.IPV4, carriage).seed(11).set("mapping", "pool");
        try (Scene scene = Scene.open(plan);
                HttpService service = Scenes.serviceAtDevice(scene)) {
            Outsider.of(scene);
            HttpLoad client = Scenes.clientOf(service, Family.IPV4.device());
            scene.serverSide().call(() -> {
                assertThat(client.upload(5, 3_000_000, Scenes.ANY_TIME, bytes -> {})
                                .isIntact())
                        .isTrue();
                assertThat(client.download(6, 3_000_000, Scenes.ANY_TIME, bytes -> {})
                                .isIntact())
                        .isTrue();
                return null;
            });
            assertThat(scene.stats().receive().earlyFrames()).as("early frames").isPositive();
            assertThat(scene.stats().receive().mismatchedBytes()).isZero();
            assertThat(scene.stats().mapping().orElseThrow().entries()).isEqualTo(1);
        }
    }

    @Test
    void aTransferSurvivesARestartOfTheServer() throws Exception {
        ScenePlan plan = plan("baseline", Family.IPV4, Carriage.SEGMENT).set("mapping", "pool");
        try (Scene scene = Scene.open(plan);
                HttpService service = Scenes.serviceAtDevice(scene)) {
            Outsider outsider = Outsider.of(scene);
            HttpLoad client = Scenes.clientOf(service, Family.IPV4.device());
            long bytes = 20_000_000;
            CountDownLatch underWay = new CountDownLatch(1);
            FutureTask<Transfer> download = new FutureTask<>(() -> client.download(5, bytes, Scenes.ANY_TIME, count -> {
                if (count > bytes / 8) {
                    underWay.countDown();
                }
            }));
            scene.serverSide().newThread(download).start();
            assertThat(underWay.await(30, TimeUnit.SECONDS)).isTrue();
            reconnect(scene);
            outsider.routeOnServer();
            assertThat(download.get(60, TimeUnit.SECONDS).isIntact()).isTrue();
            assertThat(scene.stats().mapping().orElseThrow().entries()).isEqualTo(1);
            assertThat(outsider.strayed()).isZero();
        }
    }

    /** The pool's route goes with the tunnel. */
    @Test
    void nothingStaysOfThePool() throws Exception {
        ScenePlan plan = plan("veth", Family.IPV4, Carriage.SEGMENT)
                .set("mapping", "pool")
                .set("mapping.pool", "198.19.64.0/20");
        try (Scene scene = Scene.open(plan)) {
            assertThat(Outsider.run(scene.deviceSide(), "ip", "route")).contains("198.19.64.0/20 dev tb0");
            scene.bridge().close();
            assertThat(Outsider.run(scene.deviceSide(), "ip", "route")).doesNotContain("198.19.64.0/20");
        }
    }

    /** The socket that owns the table makes it anew with each session. */
    @Test
    void theTableOfMarksLastsOverReconnectsAndAFlushAndGoesAtTheEnd() throws Exception {
        ScenePlan plan = plan("veth", Family.IPV4, Carriage.SEGMENT).set("answers", "mark");
        try (Scene scene = Scene.open(plan)) {
            String made = Outsider.run(scene.deviceSide(), "nft", "list", "table", "inet", "tunbridge_tb0");
            reconnect(scene);
            Outsider.nft(scene.deviceSide(), "flush ruleset");
            assertThat(Outsider.run(scene.deviceSide(), "nft", "list", "table", "inet", "tunbridge_tb0"))
                    .isEqualTo(made);
            scene.bridge().close();
            assertThat(Outsider.run(scene.deviceSide(), "nft", "list", "tables"))
                    .isEmpty();
        }
    }

    private static void reconnect(Scene scene) throws Exception {
        long before = scene.stats().connections();
        scene.stopServer();
        scene.startServer();
        await().atMost(LIMIT).until(() -> scene.stats().connections() > before);
    }

    private static String containerAddress(Family family) {
        return family == Family.IPV4 ? "198.18.99.2" : "2001:2:0:98::2";
    }

    /** A container behind the device, of which one port is published as Docker does it. */
    private static void publish(LabNamespace device, LabNamespace container, Family family) throws IOException {
        boolean isIpv4 = family == Family.IPV4;
        String bridge = isIpv4 ? "198.18.99.1" : "2001:2:0:98::1";
        String length = isIpv4 ? "/24" : "/64";
        Outsider.run(
                device,
                "ip",
                "link",
                "add",
                "c0",
                "type",
                "veth",
                "peer",
                "name",
                "eth0",
                "netns",
                container.fullName());
        for (var end : List.of(device, container)) {
            String name = end == device ? "c0" : "eth0";
            String address = (end == device ? bridge : containerAddress(family)) + length;
            Outsider.run(end, "ip", "link", "set", name, "up");
            String[] add = {"ip", "address", "add", address, "dev", name};
            Outsider.run(end, isIpv4 ? add : with(add, "nodad"));
            if (!isIpv4) {
                // A lab makes none, and a router asks for its neighbours from one (net/ipv6/ndisc.c, ndisc_ns_create).
                String linkLocal = end == device ? "fe80::1/64" : "fe80::2/64";
                Outsider.run(end, "ip", "address", "add", linkLocal, "dev", name, "nodad");
            }
        }
        Outsider.run(container, "ip", "route", "add", "default", "via", bridge);
        Outsider.run(device, "sysctl", "-qw", isIpv4 ? "net.ipv4.ip_forward=1" : "net.ipv6.conf.all.forwarding=1");
        String target = isIpv4 ? "ip to " + containerAddress(family) : "ip6 to [" + containerAddress(family) + "]";
        Outsider.nft(
                device,
                "add table inet published; add chain inet published in { type nat hook prerouting priority dstnat; };"
                        + " add rule inet published in iifname tb0 tcp dport " + PUBLISHED + " dnat " + target + ":80");
    }

    private static String[] with(String[] words, String last) {
        String[] more = Arrays.copyOf(words, words.length + 1);
        more[words.length] = last;
        return more;
    }

    private static DatagramPacket packet(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return new DatagramPacket(bytes, bytes.length);
    }

    /** Sends a question to the device's service and waits for the answer. */
    private static String ask(Scene scene, String question) throws IOException {
        return scene.serverSide().call(() -> {
            try (DatagramSocket socket = new DatagramSocket()) {
                socket.connect(new InetSocketAddress(scene.plan().inner().device(), PORT));
                socket.setSoTimeout(3_000);
                socket.send(packet(question));
                DatagramPacket answer = new DatagramPacket(new byte[1_000], 1_000);
                socket.receive(answer);
                return new String(answer.getData(), 0, answer.getLength(), StandardCharsets.UTF_8);
            }
        });
    }

    /** A UDP service on a wildcard socket, as most are. */
    private static final class Echo implements AutoCloseable {
        private final DatagramSocket socket;
        private volatile String sender = "";
        private int failures;

        private Echo(DatagramSocket socket) {
            this.socket = socket;
        }

        static Echo start(LabNamespace namespace) throws IOException {
            Echo echo = new Echo(namespace.call(() -> new DatagramSocket(PORT)));
            Thread thread = new Thread(echo::serve, "echo");
            thread.setDaemon(true);
            thread.start();
            return echo;
        }

        private void serve() {
            byte[] bytes = new byte[1_000];
            while (!socket.isClosed() && failures < 100) {
                try {
                    DatagramPacket datagram = new DatagramPacket(bytes, bytes.length);
                    socket.receive(datagram);
                    sender = InetAddresses.toAddrString(datagram.getAddress());
                    socket.send(datagram);
                } catch (IOException e) {
                    failures++; // closed, or no way back; the test sees that no answer comes
                }
            }
        }

        String lastSender() {
            return sender;
        }

        @Override
        public void close() {
            socket.close();
        }
    }
}
