package dev.tunbridge.bridge.net;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.bridge.config.BridgeConfig;
import dev.tunbridge.bridge.path.PathTuner;
import dev.tunbridge.bridge.path.TuningOptions;
import dev.tunbridge.linux.TcpInfo;
import dev.tunbridge.linux.TunInterface;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What real connections make of the route to the server, as the kernel tells. */
class ServerRouteLiveTest {
    private static final String SERVER = "198.18.0.2";
    private static final int BYTES = 200_000;
    private static final long PATIENCE_NANOS = 10_000_000_000L;

    private TestNamespace device;
    private TestNamespace server;
    private EventLoopGroup group;

    @BeforeEach
    void openNamespaces() throws Exception {
        Assumptions.assumeTrue(Epoll.isAvailable(), "needs Netty's epoll transport");
        device = TestNamespace.open();
        server = TestNamespace.open();
        device.inside("link", "add", "x0", "type", "veth", "peer", "name", "x0", "netns", server.name());
        device.inside("addr", "add", "198.18.0.1/30", "dev", "x0");
        server.inside("addr", "add", SERVER + "/30", "dev", "x0");
        device.inside("link", "set", "x0", "up");
        server.inside("link", "set", "x0", "up");
        group = new MultiThreadIoEventLoopGroup(1, device.threadFactory("client"), EpollIoHandler.newFactory());
    }

    @AfterEach
    void removeNamespaces() throws Exception {
        if (group != null) {
            group.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
        }
        for (AutoCloseable opened : new AutoCloseable[] {device, server}) {
            if (opened != null) {
                opened.close();
            }
        }
    }

    /** The kernel hands {@code reordering} from the route to a connection by way of what it remembers of one before. */
    @Test
    void asksForEcnAtOnceAndTakesReorderingFromTheSecondConnectionOn() throws Exception {
        assertUntuned(connection());
        try (TunInterface tun = device.openTun("tb0")) {
            PathTuner tuner = device.call(() -> PathTuner.open(
                    TuningOptions.of(BridgeConfig.defaults().with(Map.of("server-route.reordering", "20"))),
                    tun.name()));
            ServerRoute route = route(tuner);
            assertThat(route.metrics().reordering()).hasValue(20);
            TcpInfo first = connection();
            assertThat(first.isEcnNegotiated()).isTrue();
            assertThat(first.reordering()).isEqualTo(3);
            TcpInfo second = connection();
            assertThat(second.isEcnNegotiated()).isTrue();
            assertThat(second.reordering()).isEqualTo(20);
            device.call(() -> {
                route.close();
                return route;
            });
            device.call(() -> {
                tuner.close();
                return tuner;
            });
        }
        assertUntuned(connection());
    }

    private static void assertUntuned(TcpInfo info) {
        assertThat(info.isEcnNegotiated()).isFalse();
        assertThat(info.reordering()).isEqualTo(3);
    }

    private ServerRoute route(PathTuner tuner) throws Exception {
        return device.call(() -> tuner.serverRoute(InetAddress.getByName(SERVER), RouteMetrics.Flag.SET)
                .orElseThrow());
    }

    /** Makes a connection, sends on it, and answers what the kernel says of it before its orderly end. */
    private TcpInfo connection() throws Exception {
        try (ServerSocket listening = server.call(() -> new ServerSocket(0, 1, InetAddress.getByName(SERVER)))) {
            // The thread that connects makes the socket, so it decides on its namespace.
            EpollSocketChannel channel = device.call(() -> (EpollSocketChannel) new Bootstrap()
                    .group(group)
                    .channel(EpollSocketChannel.class)
                    .handler(new ChannelInboundHandlerAdapter())
                    .connect(SERVER, listening.getLocalPort())
                    .sync()
                    .channel());
            TcpInfo info;
            try (Socket accepted = listening.accept()) {
                channel.writeAndFlush(Unpooled.wrappedBuffer(new byte[BYTES]));
                assertThat(accepted.getInputStream().readNBytes(BYTES)).hasSize(BYTES);
                info = TcpInfo.of(channel.fd().intValue());
                channel.close().sync();
                assertThat(accepted.getInputStream().read()).isEqualTo(-1);
            }
            awaitMemory();
            return info;
        }
    }

    /** The end of a connection is when the kernel remembers what there is to remember. */
    private void awaitMemory() throws Exception {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while (!device.run("ip", "tcp_metrics", "show").contains(SERVER)) {
            assertThat(System.nanoTime()).as("patience").isLessThan(deadline);
        }
    }
}
