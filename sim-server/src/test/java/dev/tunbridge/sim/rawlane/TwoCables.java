package dev.tunbridge.sim.rawlane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tunbridge.bridge.Bridge;
import dev.tunbridge.bridge.BridgeBuilder;
import dev.tunbridge.bridge.BridgeListener;
import dev.tunbridge.bridge.ReceiveStats;
import dev.tunbridge.bridge.TunnelInfo;
import dev.tunbridge.reassembly.recovery.LaneState;
import dev.tunbridge.reassembly.stream.Rejection;
import dev.tunbridge.sim.lab.JavaProgram;
import dev.tunbridge.sim.lab.Lab;
import dev.tunbridge.sim.lab.LabNamespace;
import dev.tunbridge.sim.lab.LabProcess;
import dev.tunbridge.sim.lab.LabServer;
import dev.tunbridge.sim.link.Command;
import dev.tunbridge.sim.link.LinkProfile;
import dev.tunbridge.sim.scene.Family;
import dev.tunbridge.sim.scene.LabBridge;
import dev.tunbridge.sim.server.RunningServer;
import dev.tunbridge.sim.traffic.DatagramStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A device (p0, p1) and a server (q0, q1) with two cables between them that nobody has set up yet, a loss now and then, and a bridge.
 * Real interfaces, routes and TCP.
 */
final class TwoCables implements AutoCloseable {
    static final Duration LIMIT = Duration.ofSeconds(20);
    static final String SERVER = "198.18.0.2";
    static final int PORT = 7_000;

    private static final DatagramStream.Shape STREAM =
            new DatagramStream.Shape(2_000, 400, TimeUnit.MILLISECONDS.toNanos(4), 4);
    private static final int TRIES = 15;

    private static final String CABLES = """
            ip link add p0 type veth peer name q0 netns %1$s
            ip link add p1 type veth peer name q1 netns %1$s
            """;

    /** Without the sender's knowledge: sent to a port where nobody listens, or where nftables has no IPv4, lost behind its queue. */
    private static final String LOSS = """
            if nft add table ip loss; then
              nft 'add chain ip loss out { type filter hook output priority 0; }'
              nft 'add rule ip loss out tcp sport 7000 numgen inc mod 50 == 7 tcp dport set 9'
            else
              for port in q0 q1; do ! ip link show $port || tc qdisc add dev $port root netem loss 2%; done
            fi
            """;

    private final Lab lab;
    private final LabNamespace device;
    private final LabNamespace server;
    private final AtomicInteger sessions = new AtomicInteger();
    private @Nullable RunningServer running;
    private @Nullable LabBridge bridge;

    private TwoCables(Lab lab) throws IOException {
        this.lab = lab;
        device = lab.namespace("device");
        server = lab.namespace("server");
    }

    static TwoCables plugIn() throws IOException {
        TwoCables plugged = new TwoCables(Lab.open());
        try {
            plugged.onDevice(CABLES.formatted(plugged.server.fullName()));
            return plugged;
        } catch (IOException | RuntimeException e) {
            plugged.close();
            throw e;
        }
    }

    /** The same through TAP devices: of what they bring no checksum is unfinished, and tags lie in the frame. */
    static TwoCables plugInTaps() throws Exception {
        TwoCables plugged = new TwoCables(Lab.open());
        try {
            for (int i = 0; i <= 1; i++) {
                plugged.lab.connect(plugged.device.at("p" + i), plugged.server.at("q" + i), LinkProfile.CLEAR, 1);
            }
            return plugged;
        } catch (Exception e) {
            plugged.close();
            throw e;
        }
    }

    /** Skips a test where this kernel makes no such interface, as {@code ip link add} takes it. */
    void requireInterface(String type) throws IOException {
        Command.Result made = device.run(LIMIT, "sh", "-c", "ip link add tried " + type + " && ip link del tried");
        assumeTrue(made.isSuccess(), () -> "skipped: no 'ip link add " + type + "' on this kernel: " + made.errors());
    }

    LabNamespace device() {
        return device;
    }

    LabNamespace server() {
        return server;
    }

    /** One more host. */
    LabNamespace host(String name) throws IOException {
        return lab.namespace(name);
    }

    void onDevice(String script) throws IOException {
        on(device, script);
    }

    void onServer(String script) throws IOException {
        on(server, script);
    }

    static void on(LabNamespace host, String script) throws IOException {
        Command.Result result = host.run(LIMIT, "sh", "-e", "-c", script);
        assertThat(result.isSuccess()).as("%s: %s", script, result).isTrue();
    }

    /** The server, with its address on q0. */
    void plainServer() throws IOException {
        onServer("ip addr add 198.18.0.2/30 dev q0 && ip link set q0 up");
    }

    /** The server, with its address on a switch that both cables end in. */
    void serverWithSwitch() throws IOException {
        onServer("""
                ip link add br0 type bridge && ip link set br0 address 02:54:42:01:00:02
                ip link set q0 master br0 up && ip link set q1 master br0 up
                ip addr add 198.18.0.2/30 dev br0 && ip link set br0 up
                """);
    }

    void serve() throws IOException {
        onServer(LOSS);
        running = LabServer.start(server, new InetSocketAddress(SERVER, PORT));
    }

    /** Waits for an established session. */
    void connect(Map<String, String> settings) throws Exception {
        serve();
        BridgeBuilder builder = Bridge.builder()
                .server(SERVER, PORT)
                .tun("tb0")
                .set(settings)
                .listener(new BridgeListener() {
                    @Override
                    public void onEstablished(TunnelInfo tunnel) {
                        sessions.incrementAndGet();
                    }
                });
        LabBridge made = LabBridge.on(device, builder);
        bridge = made;
        made.bridge().start().toCompletableFuture().get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    }

    /** Starts {@code tunbridge run} as a program under this command. */
    LabProcess startProgram(List<String> under, Path statsFile) throws IOException {
        List<String> command = new ArrayList<>(under);
        command.addAll(JavaProgram.java(
                "dev.tunbridge.bridge.service.Main",
                "run",
                "--server",
                SERVER + ":" + PORT,
                "--stats-file",
                statsFile.toString()));
        return device.start(command.toArray(String[]::new));
    }

    ReceiveStats received() throws Exception {
        return Objects.requireNonNull(bridge)
                .bridge()
                .stats()
                .toCompletableFuture()
                .get(LIMIT.toSeconds(), TimeUnit.SECONDS)
                .receive();
    }

    /** Waits for the session of this number, counted from 1. */
    void awaitSession(int number) {
        await().atMost(LIMIT).pollInterval(Duration.ofMillis(20)).until(() -> sessions.get() >= number);
    }

    /** Each stream loses some segments of the outer connection; most of them leave something to deliver early. */
    void packetsGoEarly() throws Exception {
        long before = received().earlyFrames();
        for (int i = 0; i < TRIES && received().earlyFrames() == before; i++) {
            stream();
        }
        ReceiveStats after = received();
        assertThat(after.earlyFrames()).as("%s", after).isGreaterThan(before);
        assertThat(after.mismatchedBytes() + after.mismatchedBoundaries() + after.conflicts())
                .as("%s", after)
                .isZero();
        assertThat(after.lane()).isEqualTo(LaneState.ACTIVE);
    }

    /** And all segments have come from there since the session began. */
    void packetsGoEarlyFromOneInterface() throws Exception {
        packetsGoEarly();
        assertThat(received().rejected()).doesNotContainKey(Rejection.INTERFACE);
    }

    /** Nothing comes twice or wrong. While a port changes some of it may be lost where it goes into the tunnel. */
    DatagramStream.Outcome stream() throws Exception {
        return stream(() -> {});
    }

    /** The same, and this happens in the midst of it. */
    DatagramStream.Outcome stream(Change change) throws Exception {
        DatagramStream.Outcome outcome = DatagramStream.between(
                        server.threadFactory("sender"), device.threadFactory("receiver"), Family.IPV4.device())
                .play(STREAM, count -> {
                    if (count == STREAM.datagrams() / 4) {
                        change.happen();
                    }
                });
        assertThat(outcome.duplicates()).as("came twice").isZero();
        assertThat(outcome.altered()).as("came altered").isZero();
        return outcome;
    }

    /** What happens to the interfaces. */
    @FunctionalInterface
    interface Change {
        void happen();
    }

    /** For a change in the midst of a stream. */
    Change changeOfDevice(String script) {
        return () -> {
            try {
                onDevice(script);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        };
    }

    @Override
    public void close() {
        if (bridge != null) {
            bridge.close();
        }
        if (running != null) {
            running.close();
        }
        lab.close();
    }
}
