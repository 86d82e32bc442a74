package dev.tunbridge.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.InetAddresses;
import dev.tunbridge.bridge.config.BridgeConfig;
import dev.tunbridge.bridge.config.Endpoint;
import dev.tunbridge.bridge.tun.MemoryTunDevice;
import dev.tunbridge.bridge.tun.TunOptions;
import dev.tunbridge.bridge.tunnel.Login;
import dev.tunbridge.bridge.tunnel.NetworkSetup;
import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.frame.FrameEncoder;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.protocol.session.TunnelParameters;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.nio.NioIoHandler;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Bridges on event loops of the caller's own, who ends both in any order, at any moment, on real loops and connections. */
class BridgeEndTest {
    private static final int SEEDS = Integer.getInteger("tunbridge.ends", 300);
    private static final int SECONDS = 10;
    private static final Protocol PROTOCOL = Protocol.builtin("reference");
    private static final FrameFormat FORMAT = PROTOCOL.format();

    private final Queue<Throwable> uncaught = new ConcurrentLinkedQueue<>();
    private Thread.UncaughtExceptionHandler before = (thread, fault) -> {};
    private final Welcoming server;

    BridgeEndTest() throws IOException {
        server = new Welcoming();
    }

    /** What somebody may do to end a bridge. */
    private enum End {
        CLOSE,
        SHUTDOWN,
        CLOSE_TWICE,
        GROUP,
        GROUP_AND_WAIT,
        HANG_UP
    }

    private volatile MemoryTunDevice device = new MemoryTunDevice(TunOptions.named("none"));

    @BeforeEach
    void listenForFaults() {
        before = Thread.getDefaultUncaughtExceptionHandler();
        Thread.setDefaultUncaughtExceptionHandler((thread, fault) -> uncaught.add(fault));
    }

    @AfterEach
    void hangUp() throws IOException {
        Thread.setDefaultUncaughtExceptionHandler(before);
        server.close();
    }

    @Test
    void endsInWhateverOrderBridgeAndLoopsAreEnded() throws Exception {
        long first = Long.getLong("tunbridge.seed", System.nanoTime());
        int seeds = Long.getLong("tunbridge.seed") == null ? SEEDS : 1;
        for (int i = 0; i < seeds; i++) {
            play(first + i);
        }
    }

    @Test
    void aSetUpThatIsUnderWayWhenTheLoopEndsIsTakenBack() throws Exception {
        CountDownLatch underWay = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        AtomicInteger setUp = new AtomicInteger();
        NetworkSetup network = (tunnel, pool) -> {
            setUp.incrementAndGet();
            underWay.countDown();
            await(goOn);
            return setUp::decrementAndGet;
        };
        EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        Bridge bridge = bridge(group, network, new BridgeListener() {});
        var started = bridge.start().toCompletableFuture();
        await(underWay);
        bridge.shutdown();
        assertThat(group.shutdownGracefully(0, 1, TimeUnit.SECONDS).await(SECONDS, TimeUnit.SECONDS))
                .isTrue();
        assertThat(bridge.ended().toCompletableFuture()).isNotDone();
        goOn.countDown();
        bridge.ended().toCompletableFuture().get(SECONDS, TimeUnit.SECONDS);
        assertThat(setUp).hasValue(0);
        assertThat(started).failsWithin(Duration.ofSeconds(SECONDS)); // told just after the end
        assertThat(uncaught).isEmpty();
    }

    @Test
    void aFaultOfTheProgramEndsTheTryAndNotTheBridge() throws Exception {
        AtomicInteger tries = new AtomicInteger();
        Queue<String> told = new ConcurrentLinkedQueue<>();
        NetworkSetup network = (tunnel, pool) -> {
            if (tries.incrementAndGet() == 1) {
                throw new NoClassDefFoundError("dev/tunbridge/bridge/net/Route");
            }
            return () -> {};
        };
        EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        try (Bridge bridge = bridge(group, network, new BridgeListener() {
            @Override
            public void onState(BridgeState state, String detail) {
                told.add(state + " " + detail);
            }
        })) {
            bridge.start().toCompletableFuture().get(SECONDS, TimeUnit.SECONDS);
        } finally {
            group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        }
        assertThat(told)
                .anyMatch(
                        line -> line.startsWith("WAITING cannot set up tb0: NoClassDefFoundError: dev/tunbridge/bridge"
                                + "/net/Route; next try in"));
    }

    @Test
    void whatTheKernelRefusesAtFirstEndsABridgeAndLaterIsAWait() throws Exception {
        AtomicInteger tries = new AtomicInteger();
        AtomicInteger setUp = new AtomicInteger();
        NetworkSetup network = (tunnel, pool) -> {
            if (tries.incrementAndGet() == 2) {
                throw new IOException("no room in the routing table");
            }
            setUp.incrementAndGet();
            return setUp::decrementAndGet;
        };
        Queue<String> told = new ConcurrentLinkedQueue<>();
        CountDownLatch twice = new CountDownLatch(2);
        EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        try (Bridge bridge = bridge(group, network, new BridgeListener() {
            @Override
            public void onState(BridgeState state, String detail) {
                told.add(state + " " + detail);
            }

            @Override
            public void onEstablished(TunnelInfo tunnel) {
                twice.countDown();
            }
        })) {
            bridge.start().toCompletableFuture().get(SECONDS, TimeUnit.SECONDS);
            server.otherAddress = true; // or nothing would have to be set up anew
            server.hangUp();
            await(twice);
        } finally {
            group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        }
        assertThat(told).anyMatch(line -> line.startsWith("WAITING cannot set up tb0: no room in the routing table;"));
        assertThat(setUp).hasValue(0);

        tries.set(1);
        EventLoopGroup another = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        try (Bridge bridge = bridge(another, network, new BridgeListener() {})) {
            bridge.start();
            BridgeException fault = bridge.ended().toCompletableFuture().get(SECONDS, TimeUnit.SECONDS);
            assertThat(fault).hasMessage("cannot set up tb0: no room in the routing table");
        } finally {
            another.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        }
    }

    private void play(long seed) throws Exception {
        Random random = new Random(seed);
        AtomicBoolean wasOpen = new AtomicBoolean(true);
        AtomicInteger setUp = new AtomicInteger();
        NetworkSetup network = (tunnel, pool) -> {
            pause(random.nextInt(3_000));
            setUp.incrementAndGet();
            return () -> {
                pause(random.nextInt(3_000));
                setUp.decrementAndGet();
                wasOpen.set(wasOpen.get() && device.isOpen());
            };
        };
        EventLoopGroup group = new MultiThreadIoEventLoopGroup(
                1 + random.nextInt(2), random.nextBoolean() ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
        BridgeState closesIn = BridgeState.values()[random.nextInt(BridgeState.values().length)];
        boolean closesItself = random.nextInt(4) == 0;
        Bridge[] itself = new Bridge[1];
        Bridge bridge = bridge(group, network, new BridgeListener() {
            @Override
            public void onState(BridgeState state, String detail) {
                if (closesItself && state == closesIn) {
                    itself[0].close();
                }
            }
        });
        itself[0] = bridge;
        CompletionStage<?> started =
                random.nextInt(20) == 0 ? CompletableFuture.completedStage("never") : bridge.start();
        List<End> ends = new ArrayList<>(List.of(End.values()).subList(0, 1 + random.nextInt(End.values().length)));
        Collections.shuffle(ends, random);
        if (!ends.contains(End.GROUP) && !ends.contains(End.CLOSE) && !ends.contains(End.SHUTDOWN)) {
            ends.add(End.CLOSE);
        }
        if (random.nextBoolean()) {
            group.terminationFuture().addListener(over -> bridge.close());
        }
        List<Thread> threads = new ArrayList<>();
        for (End end : ends) {
            int microseconds = random.nextInt(random.nextBoolean() ? 500 : 10_000);
            Thread thread = new Thread(() -> {
                pause(microseconds);
                end(end, bridge, group);
            });
            thread.start();
            threads.add(thread);
        }
        for (Thread thread : threads) {
            thread.join(TimeUnit.SECONDS.toMillis(SECONDS));
        }
        String story = "-Dtunbridge.seed=" + seed + ": " + ends;
        if (!ends.contains(End.CLOSE)) {
            bridge.shutdown();
        }
        assertThat(bridge.ended().toCompletableFuture()).as(story).succeedsWithin(Duration.ofSeconds(SECONDS));
        assertThat(started.handle((tunnel, fault) -> true).toCompletableFuture())
                .as(story)
                .succeedsWithin(Duration.ofSeconds(1));
        assertThat(bridge.state()).as(story).isEqualTo(BridgeState.CLOSED);
        assertThat(setUp).as(story).hasValue(0);
        // Who waits for the device sets up at once: what is taken back after that would be the next one's.
        assertThat(wasOpen)
                .as("the device was held until all was taken back, " + story)
                .isTrue();
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        assertThat(group.awaitTermination(SECONDS, TimeUnit.SECONDS)).as(story).isTrue();
        assertThat(uncaught).as(story).isEmpty();
    }

    private void end(End end, Bridge bridge, EventLoopGroup group) {
        switch (end) {
            case CLOSE -> bridge.close();
            case SHUTDOWN -> bridge.shutdown();
            case CLOSE_TWICE -> {
                bridge.close();
                bridge.close();
            }
            case GROUP -> group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
            case GROUP_AND_WAIT -> {
                group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(SECONDS, TimeUnit.SECONDS);
                bridge.close();
            }
            case HANG_UP -> server.hangUp();
        }
    }

    private Bridge bridge(EventLoopGroup group, NetworkSetup network, BridgeListener listener) {
        BridgeConfig config = BridgeConfig.defaults()
                .with("server", "127.0.0.1:" + server.port())
                .with("capture.backend", "none")
                .with("reconnect.first", "20ms");
        return new Bridge(
                config,
                new Endpoint("127.0.0.1", server.port()),
                Login.of(config, PROTOCOL),
                List.of(),
                listener,
                group,
                () -> device = new MemoryTunDevice(TunOptions.named("tb0")),
                network,
                NameResolver.SYSTEM);
    }

    private static void pause(int microseconds) {
        LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(microseconds));
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(SECONDS, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Welcomes everybody who says a word. */
    private static final class Welcoming {
        private final Queue<Socket> connections = new ConcurrentLinkedQueue<>();
        private final ServerSocket listening;
        volatile boolean otherAddress;

        Welcoming() throws IOException {
            listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
            Thread thread = new Thread(this::serve, "welcoming");
            thread.setDaemon(true);
            thread.start();
        }

        int port() {
            return listening.getLocalPort();
        }

        private void serve() {
            while (!listening.isClosed()) {
                try {
                    Socket connection = listening.accept();
                    connections.add(connection);
                    connection.setSoTimeout(1_000);
                    if (connection.getInputStream().read() >= 0) {
                        connection.getOutputStream().write(welcome());
                    }
                } catch (IOException e) {
                    // Its other end is being ended in this very moment, or the test is over.
                }
            }
        }

        private byte[] welcome() {
            ByteBuf out = Unpooled.buffer();
            try (FrameEncoder encoder = new FrameEncoder(FORMAT)) {
                InetAddress device = InetAddresses.forString(otherAddress ? "198.19.0.3" : "198.19.0.1");
                InetAddress own = InetAddresses.forString("198.19.0.2");
                PROTOCOL.newCodec()
                        .write(
                                ServerSignals.welcome(new TunnelParameters(Carriage.SEGMENT, 1, 1400, 29, device, own)),
                                encoder,
                                out);
            }
            return ByteBufUtil.getBytes(out);
        }

        void hangUp() {
            for (Socket connection = connections.poll(); connection != null; connection = connections.poll()) {
                try {
                    connection.close();
                } catch (IOException e) {
                    // It is gone already.
                }
            }
        }

        void close() throws IOException {
            listening.close();
            hangUp();
        }
    }
}
