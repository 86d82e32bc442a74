package dev.tunbridge.sim.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tunbridge.bridge.suppress.SuppressionStats;
import dev.tunbridge.linux.Sockets;
import dev.tunbridge.linux.TcpInfo;
import dev.tunbridge.sim.link.UserSpaceLink;
import dev.tunbridge.sim.scene.Scene;
import dev.tunbridge.sim.scene.ScenePlan;
import dev.tunbridge.sim.wire.CarriedBytes;
import dev.tunbridge.sim.wire.CarriedWatch;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Real senders over a link that goes dark: what comes out at the server's end, and what the senders make of it. */
class SuppressionTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    @BeforeAll
    static void requireLab() {
        Scenes.requireLab();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void inABlackoutNothingIsCarriedTwice(boolean enabled) throws Exception {
        ScenePlan plan = ScenePlan.over(Scenes.profile("wan0")).set("suppression.enabled", String.valueOf(enabled));
        try (Scene scene = Scene.open(plan);
                Upload upload = new Upload(scene);
                CarriedWatch watch = CarriedWatch.start(
                        scene.serverSide(), scene.plan().inner().server())) {
            int chunk = 20_000;
            upload.send(chunk);
            upload.take(chunk);
            blackOut(scene, Duration.ofMillis(1_500));
            upload.send(chunk);
            upload.take(chunk);
            // Past the sender's longest timeout, so that copies which are on their way are counted too.
            TimeUnit.SECONDS.sleep(1);
            upload.send(chunk);
            upload.take(chunk);
            long retransmissions = upload.info().totalRetransmissions();
            CarriedBytes carried = watch.end().orElseThrow();
            assertThat(retransmissions).as("copies that the sender made").isPositive();
            assertThat(carried.uniqueBytes()).isEqualTo(3L * chunk);
            if (enabled) {
                SuppressionStats stats = scene.stats().suppression().orElseThrow();
                assertThat(carried.repeatedBytes()).as("%s", stats).isZero();
                assertThat(stats.copies()).as("%s", stats).isPositive();
            } else {
                assertThat(carried.repeatedBytes()).isPositive();
                assertThat(scene.stats().suppression()).isEmpty();
            }
        }
    }

    @Test
    void aProbeThatIsNotSentCostsItsSenderNoWindow() throws Exception {
        try (Scene scene = Scene.open(ScenePlan.over(Scenes.profile("wan0")));
                Upload upload = new Upload(scene)) {
            int chunk = 10_000;
            for (int i = 0; i < 5; i++) { // so that the sender knows its round trip
                upload.send(chunk);
                upload.take(chunk);
            }
            long reported = scene.stats().suppression().orElseThrow().duplicatesReported();
            for (int i = 0; i < 20 && reported == 0; i++) {
                long window = upload.info().congestionWindowSegments();
                // So dark that the outer probe, after two round trips, is through before a timeout: the inner probe
                // comes meanwhile.
                blackOut(scene, Duration.ofMillis(60));
                upload.send(chunk);
                upload.take(chunk);
                upload.awaitAcknowledged();
                reported = scene.stats().suppression().orElseThrow().duplicatesReported();
                assertThat(upload.info().congestionWindowSegments())
                        .as("%s", scene.stats().suppression())
                        .isGreaterThanOrEqualTo(window);
            }
            assertThat(reported).as("%s", scene.stats().suppression()).isPositive();
            assertThat(upload.info().duplicateSacks()).isPositive();
        }
    }

    private static void blackOut(Scene scene, Duration duration) {
        if (!(scene.link() instanceof UserSpaceLink link)) {
            throw new AssertionError("a link that cannot go dark");
        }
        link.blackOutFor(duration);
    }

    /** One connection from a client behind the server to a service on the device, which sends. */
    private static final class Upload implements AutoCloseable {
        private final MultiThreadIoEventLoopGroup loop =
                new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        private final BlockingQueue<EpollSocketChannel> accepted = new ArrayBlockingQueue<>(1);
        private final EpollSocketChannel sender;
        private final Socket client;
        private final InputStream in;

        Upload(Scene scene) throws Exception {
            ServerBootstrap service = new ServerBootstrap()
                    .group(loop)
                    .channel(EpollServerSocketChannel.class)
                    .childHandler(new ChannelInitializer<EpollSocketChannel>() {
                        @Override
                        protected void initChannel(EpollSocketChannel channel) throws Exception {
                            Sockets.setCongestionControl(channel.fd().intValue(), "cubic");
                            accepted.add(channel);
                        }
                    });
            Channel bound = scene.deviceSide()
                    .call(() -> service.bind(
                                    new InetSocketAddress(scene.plan().inner().device(), 0))
                            .sync()
                            .channel());
            InetSocketAddress address = (InetSocketAddress) bound.localAddress();
            client = scene.serverSide().call(() -> new Socket(address.getAddress(), address.getPort()));
            client.setSoTimeout((int) LIMIT.toMillis());
            in = client.getInputStream();
            sender = accepted.take();
        }

        void send(int bytes) {
            sender.writeAndFlush(Unpooled.buffer(bytes).writeZero(bytes));
        }

        void take(int bytes) throws Exception {
            assertThat(in.readNBytes(bytes)).hasSize(bytes);
        }

        TcpInfo info() throws Exception {
            return TcpInfo.of(sender.fd().intValue());
        }

        void awaitAcknowledged() {
            await().atMost(LIMIT).until(() -> info().unackedSegments() == 0);
        }

        @Override
        public void close() throws IOException {
            client.close();
            loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
        }
    }
}
