package dev.tunbridge.sim.rawlane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.bridge.Bridge;
import dev.tunbridge.bridge.ReceiveStats;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.reassembly.recovery.LaneState;
import dev.tunbridge.reassembly.stream.Rejection;
import dev.tunbridge.sim.e2e.Scenes;
import dev.tunbridge.sim.lab.Lab;
import dev.tunbridge.sim.lab.LabNamespace;
import dev.tunbridge.sim.link.Command;
import dev.tunbridge.sim.link.LinkProfile;
import dev.tunbridge.sim.scene.Family;
import dev.tunbridge.sim.scene.ScenePlan;
import dev.tunbridge.sim.server.RunningServer;
import dev.tunbridge.sim.server.ServerOptions;
import dev.tunbridge.sim.traffic.DatagramStream;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The outer connection's segments take another way while it lives: through another port of a bridge, or by another interface than
 * what is sent. Two hosts with real bridges, routes and TCP, and a loss now and then.
 */
class OuterWayTest {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final int OUTER_PORT = 7_000;
    private static final int INNER_PREFIX_LENGTH = 30;
    private static final String TOKEN = "token";
    private static final DatagramStream.Shape STREAM =
            new DatagramStream.Shape(2_000, 400, TimeUnit.MILLISECONDS.toNanos(4), 4);
    private static final int TRIES = 15;

    /** Two cables between the hosts; the second is not plugged in. */
    private static final String CABLES = """
            ip link add p0 type veth peer name q0 netns %1$s
            ip link add p1 type veth peer name q1 netns %1$s
            """;

    /** Without the sender's knowledge: sent to a port where nobody listens. */
    private static final String LOSS = """
            nft add table inet loss
            nft 'add chain inet loss out { type filter hook output priority 0; }'
            nft 'add rule inet loss out tcp sport 7000 numgen inc mod 50 == 7 tcp dport set 9'
            """;

    private Lab lab;
    private LabNamespace device;
    private LabNamespace server;
    private @Nullable RunningServer running;
    private @Nullable MultiThreadIoEventLoopGroup group;
    private @Nullable Bridge bridge;

    @BeforeAll
    static void requireLab() throws Exception {
        Scenes.requireLab();
        Scenes.requireProgram("nft");
    }

    @BeforeEach
    void plugIn() throws Exception {
        lab = Lab.open();
        device = lab.namespace("device");
        server = lab.namespace("server");
        shell(device, CABLES.formatted(server.fullName()));
    }

    @AfterEach
    void unplug() {
        if (bridge != null) {
            bridge.close();
        }
        if (running != null) {
            running.close();
        }
        if (group != null) {
            group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2, TimeUnit.SECONDS);
        }
        lab.close();
    }

    @Test
    void aBridgeThatChangesItsPortIsTheSameInterface() throws Exception {
        // The bridge has the address of its first port, as it would choose by itself: frames are for the host on that
        // port already.
        shell(device, """
                ip link set p0 address 02:54:42:01:00:01 && ip link set p1 address 02:54:42:01:00:03
                ip link add br0 type bridge
                ip link set p0 master br0 && ip link set p1 master br0
                ip addr add 198.18.0.1/30 dev br0 && ip link set br0 up && ip link set p0 up
                """);
        shell(server, """
                ip link add br0 type bridge && ip link set br0 address 02:54:42:01:00:02
                ip link set q0 master br0 && ip link set q1 master br0
                ip addr add 198.18.0.2/30 dev br0 && ip link set br0 up && ip link set q0 up
                """);
        connect();
        packetsGoEarly();
        assertThat(received().rejected()).doesNotContainKey(Rejection.INTERFACE);

        shell(device, "ip link set p1 up && ip link set p0 down");
        shell(server, "ip link set q1 up && ip link set q0 down");
        packetsGoEarly();
        assertThat(received().rejected()).doesNotContainKey(Rejection.INTERFACE);
        assertThat(received().lane()).isEqualTo(LaneState.ACTIVE);
    }

    @Test
    void answersThatComeInByAnotherInterfaceAreFollowed() throws Exception {
        shell(device, """
                ip addr add 198.18.0.1/30 dev p0 && ip link set p0 up
                ip addr add 198.18.0.5/30 dev p1 && ip link set p1 up
                echo 0 > /proc/sys/net/ipv4/conf/all/rp_filter; echo 0 > /proc/sys/net/ipv4/conf/p1/rp_filter
                """);
        shell(server, """
                ip addr add 198.18.0.2/30 dev q0 && ip link set q0 up
                ip addr add 198.18.0.6/30 dev q1 && ip link set q1 up
                """);
        connect();
        packetsGoEarly();
        try (LogWatch log = new LogWatch("dev.tunbridge.bridge.receive.ReceivePath")) {
            shell(server, "ip route add 198.18.0.1/32 via 198.18.0.5 dev q1");
            packetsGoEarly();
            assertThat(received().rejected()).containsKey(Rejection.INTERFACE);
            assertThat(log.lines()).anyMatch(line -> line.contains("by another interface than before"));
        }
        assertThat(received().lane()).isEqualTo(LaneState.ACTIVE);
    }

    /** Each stream loses some segments of the outer connection; most of them leave something to deliver early. */
    private void packetsGoEarly() throws Exception {
        long before = received().earlyFrames();
        for (int i = 0; i < TRIES && received().earlyFrames() == before; i++) {
            stream();
        }
        assertThat(received().earlyFrames()).as("%s", received()).isGreaterThan(before);
    }

    /** While a port changes some of it may be lost where it goes into the tunnel. */
    private void stream() throws Exception {
        DatagramStream.between(server.threadFactory("sender"), device.threadFactory("receiver"), Family.IPV4.device())
                .play(STREAM, count -> {});
    }

    private ReceiveStats received() throws Exception {
        return Objects.requireNonNull(bridge)
                .stats()
                .toCompletableFuture()
                .get(LIMIT.toSeconds(), TimeUnit.SECONDS)
                .receive();
    }

    private static void shell(LabNamespace host, String script) throws IOException {
        Command.Result result = host.run(LIMIT, "sh", "-e", "-c", script);
        assertThat(result.isSuccess()).as("%s", result).isTrue();
    }

    private void connect() throws Exception {
        shell(server, LOSS);
        ScenePlan plan = ScenePlan.over(LinkProfile.named("veth"));
        running = RunningServer.start(
                new ServerOptions(
                        new InetSocketAddress("198.18.0.2", OUTER_PORT),
                        "sim0",
                        plan.inner().server(),
                        INNER_PREFIX_LENGTH,
                        plan.inner().device(),
                        Carriage.SEGMENT,
                        plan.writeMode(),
                        FrameFormat.builtin("reference"),
                        plan.mtu(),
                        TOKEN),
                (topic, payload) -> {},
                server.threadFactory("server"));
        group = new MultiThreadIoEventLoopGroup(1, device.threadFactory("bridge"), EpollIoHandler.newFactory());
        bridge = Bridge.builder()
                .server("198.18.0.2", OUTER_PORT)
                .tun("tb0")
                .token(TOKEN)
                .format(FrameFormat.builtin("reference"))
                .eventLoopGroup(group)
                .build();
        bridge.start().toCompletableFuture().get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    }
}
