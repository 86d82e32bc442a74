package dev.tunbridge.sim.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.InetAddresses;
import dev.tunbridge.bridge.relay.RelayStats;
import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.sim.lab.LabNamespace;
import dev.tunbridge.sim.lab.LabProcess;
import dev.tunbridge.sim.link.Command;
import dev.tunbridge.sim.scene.Family;
import dev.tunbridge.sim.scene.Scene;
import dev.tunbridge.sim.scene.ScenePlan;
import dev.tunbridge.sim.traffic.HttpLoad;
import dev.tunbridge.sim.traffic.HttpService;
import dev.tunbridge.sim.traffic.Transfer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Virtual sockets between programs of others, whomever the services see. {@code -Dtunbridge.sockets.megabytes=1024} sends as much each way by HTTP. */
@Timeout(300)
class VirtualSocketProgramsTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final long ANY_TIME = 600_000;
    private static final int FILE_BYTES = 4 << 20;
    private static final long BYTES = Integer.getInteger("tunbridge.sockets.megabytes", 16) * (1L << 20);

    @BeforeAll
    static void requireLab() {
        Scenes.requireLab();
    }

    private static ScenePlan plan(String profile, Family inner, String source) {
        return ScenePlan.over(Scenes.profile(profile))
                .families(Family.IPV4, inner)
                .carriage(Carriage.SOCKET)
                .set("carriage", "socket")
                .set("relay.source", source);
    }

    private static RelayStats relay(Scene scene) throws Exception {
        return scene.stats().relay().orElseThrow();
    }

    /** Whoever connects is told who it seems to be. */
    private static void serveNames(ServerSocket service) {
        try {
            while (true) {
                try (Socket accepted = service.accept()) {
                    accepted.getOutputStream()
                            .write(accepted.getInetAddress().getHostAddress().getBytes(StandardCharsets.US_ASCII));
                }
            }
        } catch (IOException e) {
            // The test is over.
        }
    }

    /** The same by datagrams, from a socket that is bound to no address. */
    private static void serveNames(DatagramSocket service) {
        try {
            DatagramPacket asked = new DatagramPacket(new byte[100], 100);
            while (true) {
                service.receive(asked);
                byte[] answer = asked.getAddress().getHostAddress().getBytes(StandardCharsets.US_ASCII);
                service.send(new DatagramPacket(answer, answer.length, asked.getSocketAddress()));
            }
        } catch (IOException e) {
            // The test is over.
        }
    }

    @ParameterizedTest
    @CsvSource({
        "loopback, IPV4",
        "loopback, IPV6",
        "device, IPV4",
        "device, IPV6",
        "client, IPV4",
        "client, IPV6",
    })
    void allOfItIsCarriedWhomeverTheServiceSees(String source, Family inner) throws Exception {
        InetAddress device = inner.device();
        ScenePlan plan = plan("veth", inner, source)
                .set("filter.sources", inner == Family.IPV4 ? "198.19.0.0/24" : "2001:2:0:2::/64");
        try (Scene scene = Scene.open(plan);
                ServerSocket names = scene.deviceSide().call(() -> new ServerSocket(0));
                DatagramSocket datagrams = scene.deviceSide().call(() -> new DatagramSocket(0));
                HttpService http = scene.deviceSide().call(() -> HttpService.start(new InetSocketAddress(0)))) {
            scene.deviceSide().newThread(() -> serveNames(names)).start();
            scene.deviceSide().newThread(() -> serveNames(datagrams)).start();
            String seen = scene.serverSide().call(() -> ask(new InetSocketAddress(device, names.getLocalPort())));
            String own = scene.serverSide().call(() -> ownAddress(device));
            assertThat(InetAddress.getByName(seen))
                    .isEqualTo(
                            switch (source) {
                                case "loopback" -> InetAddress.getByName(inner == Family.IPV4 ? "127.0.0.1" : "::1");
                                case "device" -> device;
                                default -> InetAddress.getByName(own);
                            });
            assertThat(scene.serverSide()
                            .call(() -> askByDatagram(new InetSocketAddress(device, datagrams.getLocalPort()))))
                    .isEqualTo(seen);

            HttpLoad load = new HttpLoad(new InetSocketAddress(device, http.port()));
            for (Transfer transfer : new Transfer[] {
                scene.serverSide().call(() -> load.download(7, BYTES, ANY_TIME, bytes -> {})),
                scene.serverSide().call(() -> load.upload(8, BYTES, ANY_TIME, bytes -> {}))
            }) {
                assertThat(transfer.isIntact()).isTrue();
                assertThat(transfer.bytes()).isEqualTo(BYTES);
            }
            Awaitility.await()
                    .untilAsserted(() ->
                            assertThat(relay(scene).now().channels()).isLessThanOrEqualTo(1)); // that of the datagrams
            assertThat(relay(scene).misbehaved()).isZero();
        }
    }

    private static String ask(InetSocketAddress service) throws IOException {
        try (Socket client = new Socket()) {
            client.setSoTimeout(10_000);
            client.connect(service, 10_000);
            return new String(client.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        }
    }

    private static String ownAddress(InetAddress device) throws IOException {
        try (DatagramSocket probe = new DatagramSocket()) {
            probe.connect(new InetSocketAddress(device, 9));
            return probe.getLocalAddress().getHostAddress();
        }
    }

    private static String askByDatagram(InetSocketAddress service) throws IOException {
        try (DatagramSocket client = new DatagramSocket()) {
            client.setSoTimeout(10_000);
            client.connect(service);
            client.send(new DatagramPacket(new byte[1], 1));
            DatagramPacket answer = new DatagramPacket(new byte[100], 100);
            client.receive(answer);
            return new String(answer.getData(), 0, answer.getLength(), StandardCharsets.US_ASCII);
        }
    }

    /** A real program reads the header: it hides who the client is behind its own connection, so its log tells. */
    @Test
    void haproxyReadsTheProxyHeader(@TempDir Path folder) throws Exception {
        Scenes.requireProgram("haproxy");
        try (Scene scene = Scene.open(plan("veth", Family.IPV4, "proxy-v2"));
                HttpService http = scene.deviceSide()
                        .call(() -> HttpService.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)))) {
            Path configuration = Files.writeString(folder.resolve("haproxy.cfg"), """
                    global
                      log stdout format raw local0
                    defaults
                      mode http
                      timeout connect 5s
                      timeout client 60s
                      timeout server 60s
                    frontend device
                      bind 127.0.0.1:8080 accept-proxy
                      log global
                      log-format "client %%ci for %%HM %%HU"
                      default_backend page
                    backend page
                      server page 127.0.0.1:%d
                    """.formatted(http.port()));
            try (LabProcess haproxy = scene.deviceSide().start("haproxy", "-db", "-f", configuration.toString())) {
                awaitService(scene.deviceSide(), new InetSocketAddress(InetAddress.getLoopbackAddress(), 8080));
                HttpLoad load = new HttpLoad(new InetSocketAddress(Family.IPV4.device(), 8080));
                Transfer page = scene.serverSide().call(load::page);
                assertThat(page.isIntact()).isTrue();
                String client = scene.serverSide().call(() -> ownAddress(Family.IPV4.device()));
                haproxy.awaitLine("client " + client + " for GET /", LIMIT);
                Transfer down = scene.serverSide().call(() -> load.download(7, BYTES, ANY_TIME, bytes -> {}));
                assertThat(down.isIntact()).isTrue();
                assertThat(down.bytes()).isEqualTo(BYTES);
            }
        }
    }

    private static void awaitService(LabNamespace side, InetSocketAddress service) {
        Awaitility.await()
                .ignoreExceptions()
                .until(() -> side.call(() -> {
                    try (Socket probe = new Socket()) {
                        probe.connect(service, 1_000);
                        return true;
                    }
                }));
    }

    @Test
    void filesGoBothWaysByScp(@TempDir Path folder) throws Exception {
        Scenes.requireProgram("sshd");
        Scenes.requireProgram("scp");
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
        Path key = folder.resolve("key");
        Command.Result made =
                Command.run(LIMIT, "", List.of("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key.toString()));
        assertThat(made.isSuccess()).as("%s", made).isTrue();
        Path authorized = Files.copy(folder.resolve("key.pub"), folder.resolve("authorized_keys"));
        byte[] content = new byte[FILE_BYTES];
        new Random(11).nextBytes(content);
        Path file = Files.write(folder.resolve("file"), content);
        Files.createDirectories(Path.of("/run/sshd"));
        try (Scene scene = Scene.open(plan("wan0", Family.IPV4, "client"));
                LabProcess sshd = scene.deviceSide()
                        .start(
                                "/usr/sbin/sshd",
                                "-D",
                                "-e",
                                "-f",
                                "/dev/null",
                                "-p",
                                "2222",
                                "-h",
                                key.toString(),
                                "-o",
                                "AuthorizedKeysFile=" + authorized,
                                "-o",
                                "StrictModes=no",
                                "-o",
                                "UsePAM=no",
                                "-o",
                                "PermitRootLogin=yes",
                                "-o",
                                "PidFile=none",
                                "-o",
                                "Subsystem=sftp internal-sftp")) {
            sshd.awaitLine("listening on 0.0.0.0", LIMIT);
            String device = Family.IPV4.device().getHostAddress();
            String[] options = {
                "-i",
                key.toString(),
                "-o",
                "StrictHostKeyChecking=no",
                "-o",
                "UserKnownHostsFile=/dev/null",
                "-o",
                "LogLevel=ERROR",
                "-o",
                "BatchMode=yes"
            };
            String user = System.getProperty("user.name");
            Command.Result said =
                    run(scene.serverSide(), "ssh", options, "-p", "2222", user + "@" + device, "echo $SSH_CLIENT");
            assertThat(said.errors()).isEmpty();
            String client = scene.serverSide().call(() -> ownAddress(Family.IPV4.device()));
            assertThat(said.output()).startsWith(client + " ");
            Path there = folder.resolve("there");
            Path back = folder.resolve("back");
            String remote = user + "@" + device + ":" + there;
            assertThat(run(scene.serverSide(), "scp", options, "-P", "2222", file.toString(), remote)
                            .errors())
                    .isEmpty();
            assertThat(Files.mismatch(file, there)).isEqualTo(-1);
            assertThat(run(scene.serverSide(), "scp", options, "-P", "2222", remote, back.toString())
                            .errors())
                    .isEmpty();
            assertThat(Files.mismatch(file, back)).isEqualTo(-1);
        }
    }

    private static Command.Result run(LabNamespace side, String program, String[] options, String... arguments)
            throws Exception {
        List<String> command = new ArrayList<>();
        command.add(program);
        command.addAll(List.of(options));
        command.addAll(List.of(arguments));
        return side.run(LIMIT, command.toArray(String[]::new));
    }

    @Test
    void aWebSocketStaysOpenAndCarriesLongMessages() throws Exception {
        try (Scene scene = Scene.open(plan("wan0", Family.IPV4, "client"))) {
            MultiThreadIoEventLoopGroup loops = new MultiThreadIoEventLoopGroup(
                    1, scene.deviceSide().threadFactory("websocket"), NioIoHandler.newFactory());
            ExecutorService clients =
                    Executors.newCachedThreadPool(scene.serverSide().threadFactory("client"));
            try {
                var echo = scene.deviceSide()
                        .call(() -> WebSocketTest.echoServer(loops, InetAddresses.forString("0.0.0.0")));
                int port = ((InetSocketAddress) echo.localAddress()).getPort();
                BlockingQueue<String> answers = new LinkedBlockingQueue<>();
                Semaphore closed = new Semaphore(0);
                WebSocket socket = WebSocketTest.connect(scene, clients, port, answers, closed);
                String text = "0123456789".repeat(1_000);
                for (int i = 0; i < 50; i++) {
                    StringBuilder whole = new StringBuilder();
                    socket.sendText(text, true).get(20, TimeUnit.SECONDS);
                    while (whole.length() < text.length()) {
                        whole.append(answers.poll(20, TimeUnit.SECONDS)); // in parts, as its client reads it
                    }
                    assertThat(whole).hasToString(text);
                }
                assertThat(closed.availablePermits()).isZero();
                socket.sendClose(WebSocket.NORMAL_CLOSURE, "").get(20, TimeUnit.SECONDS);
                assertThat(closed.tryAcquire(20, TimeUnit.SECONDS)).isTrue();
                Awaitility.await()
                        .untilAsserted(
                                () -> assertThat(relay(scene).now().channels()).isZero());
            } finally {
                clients.shutdownNow();
                loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
            }
        }
    }

    /** A database, and ten thousand connections one after the other. */
    @Test
    void redisAnswersOnManyConnections(@TempDir Path folder) throws Exception {
        Scenes.requireProgram("redis-server");
        Scenes.requireProgram("redis-benchmark");
        int connections = 10_000;
        try (Scene scene = Scene.open(plan("veth", Family.IPV4, "loopback"));
                LabProcess redis = scene.deviceSide()
                        .start(
                                "redis-server",
                                "--bind",
                                "127.0.0.1",
                                "--port",
                                "6399",
                                "--save",
                                "",
                                "--dir",
                                folder.toString())) {
            redis.awaitLine("Ready to accept connections", LIMIT);
            String device = Family.IPV4.device().getHostAddress();
            assertThat(scene.serverSide()
                            .run(LIMIT, "redis-cli", "-h", device, "-p", "6399", "set", "key", "x".repeat(100_000))
                            .output())
                    .contains("OK");
            assertThat(scene.serverSide()
                            .run(LIMIT, "redis-cli", "-h", device, "-p", "6399", "strlen", "key")
                            .output())
                    .contains("100000");
            long before = relay(scene).opens();
            Command.Result many = scene.serverSide()
                    .run(
                            Duration.ofMinutes(2),
                            "redis-benchmark",
                            "-h",
                            device,
                            "-p",
                            "6399",
                            "-n",
                            Integer.toString(connections),
                            "-c",
                            "4",
                            "-k",
                            "0",
                            "-t",
                            "get",
                            "-q");
            assertThat(many.isSuccess()).as("%s", many).isTrue();
            assertThat(relay(scene).opens() - before).isGreaterThanOrEqualTo(connections);
            assertThat(relay(scene).refused()).isZero();
            assertThat(relay(scene).resetsByServer() + relay(scene).resetsByService())
                    .isLessThan(connections / 100);
            Awaitility.await()
                    .untilAsserted(
                            () -> assertThat(relay(scene).now().channels()).isZero());
            assertThat(relay(scene).now().heldBytes()).isZero();
        }
    }

    /** Numbered datagrams to a service: those behind a lost segment do not wait for it, and each comes once. */
    @Test
    void datagramsPassAHoleAndEachComesOnce() throws Exception {
        int datagrams = 1_500;
        try (Scene scene = Scene.open(plan("wan1", Family.IPV4, "loopback"));
                DatagramSocket service =
                        scene.deviceSide().call(() -> new DatagramSocket(0, InetAddress.getLoopbackAddress()))) {
            BitSet came = new BitSet();
            int[] twice = {0};
            Thread reader = scene.deviceSide().newThread(() -> {
                try {
                    DatagramPacket packet = new DatagramPacket(new byte[500], 500);
                    while (true) {
                        service.receive(packet);
                        int number = ByteBuffer.wrap(packet.getData()).getInt();
                        synchronized (came) {
                            twice[0] += came.get(number) ? 1 : 0;
                            came.set(number);
                        }
                    }
                } catch (IOException e) {
                    // The test is over.
                }
            });
            reader.start();
            scene.serverSide().call(() -> {
                try (DatagramSocket client = new DatagramSocket()) {
                    client.connect(new InetSocketAddress(Family.IPV4.device(), service.getLocalPort()));
                    for (int i = 0; i < datagrams; i++) {
                        client.send(new DatagramPacket(
                                ByteBuffer.allocate(400).putInt(0, i).array(), 400));
                        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(4));
                    }
                }
                return datagrams;
            });
            Awaitility.await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
                synchronized (came) {
                    assertThat(came.cardinality())
                            .isGreaterThan(datagrams * 95 / 100); // UDP may lose some while the channel opens
                }
            });
            assertThat(relay(scene).early()).isPositive();
            synchronized (came) {
                assertThat(twice[0]).isZero();
            }
        }
    }

    /** What is missing may be the stream's own, so nothing of it goes past a hole. */
    @Test
    void bytesOfAStreamNeverPassAHole() throws Exception {
        try (Scene scene = Scene.open(plan("wan1", Family.IPV4, "loopback"));
                HttpService http = scene.deviceSide()
                        .call(() -> HttpService.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)))) {
            HttpLoad load = new HttpLoad(new InetSocketAddress(Family.IPV4.device(), http.port()));
            Transfer up = scene.serverSide().call(() -> load.upload(8, 3 << 20, ANY_TIME, bytes -> {}));
            assertThat(up.isIntact()).isTrue();
            assertThat(scene.stats().receive().holes()).isPositive();
            assertThat(scene.stats().receive().earlyFrames()).isZero();
            assertThat(relay(scene).early()).isZero();
        }
    }
}
