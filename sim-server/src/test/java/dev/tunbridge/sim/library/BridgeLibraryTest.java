package dev.tunbridge.sim.library;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.common.net.InetAddresses;
import dev.tunbridge.bridge.Bridge;
import dev.tunbridge.bridge.BridgeException;
import dev.tunbridge.bridge.BridgeListener;
import dev.tunbridge.bridge.BridgeState;
import dev.tunbridge.bridge.BridgeStats;
import dev.tunbridge.bridge.TunnelInfo;
import dev.tunbridge.bridge.filter.Refusal;
import dev.tunbridge.bridge.tun.MemoryTunDevice;
import dev.tunbridge.bridge.tun.TunOptions;
import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.frame.FrameEncoder;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.protocol.message.Message;
import dev.tunbridge.protocol.message.MessageCodec;
import dev.tunbridge.protocol.message.Octets;
import dev.tunbridge.protocol.session.TunnelParameters;
import dev.tunbridge.reassembly.wire.InternetChecksum;
import dev.tunbridge.sim.ServerSignals;
import dev.tunbridge.sim.server.ServerOptions;
import dev.tunbridge.sim.server.SimulatedServer;
import dev.tunbridge.sim.server.WriteMode;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.nio.NioIoHandler;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BridgeLibraryTest {
    private static final InetAddress DEVICE = InetAddresses.forString("198.19.0.1");
    private static final InetAddress SERVER = InetAddresses.forString("198.19.0.2");
    private static final InetAddress CLIENT = InetAddresses.forString("198.19.0.9");

    private final EventLoopGroup serverLoops = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private final MemoryTunDevice atServer = new MemoryTunDevice(TunOptions.named("sim0"));
    private final MemoryTunDevice atDevice = new MemoryTunDevice(TunOptions.named("tb0"));
    private final BlockingQueue<byte[]> appAtServer = new LinkedBlockingQueue<>();
    private SimulatedServer server = server(Carriage.SEGMENT, "");
    private int port;

    /** Which kind of event loop the application brings. */
    enum Loops {
        EPOLL,
        NIO
    }

    @BeforeEach
    void startServer() throws Exception {
        port = server.start().toCompletableFuture().get(10, TimeUnit.SECONDS).getPort();
    }

    @AfterEach
    void stopServer() throws Exception {
        server.close().toCompletableFuture().get(10, TimeUnit.SECONDS);
        serverLoops.shutdownGracefully(0, 1, TimeUnit.SECONDS).await(5, TimeUnit.SECONDS);
    }

    @ParameterizedTest
    @EnumSource(Loops.class)
    void packetsAndMessagesPassOnTheApplicationsOwnLoop(Loops kind) throws Exception {
        EventLoopGroup own = new MultiThreadIoEventLoopGroup(
                1, kind == Loops.EPOLL ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
        BlockingQueue<byte[]> appAtDevice = new LinkedBlockingQueue<>();
        BridgeListener listener = new BridgeListener() {
            @Override
            public void onApp(int topic, byte[] payload) {
                appAtDevice.add(payload);
            }
        };
        try (Bridge bridge = builder().eventLoopGroup(own).listener(listener).build()) {
            TunnelInfo tunnel = started(bridge);
            assertThat(tunnel.deviceAddress()).isEqualTo(DEVICE);
            assertThat(tunnel.carriage()).isEqualTo(Carriage.SEGMENT);

            byte[] down = datagram(CLIENT, DEVICE, "hello device");
            atServer.inject(down);
            assertThat(next(atDevice)).isEqualTo(down);
            byte[] up = datagram(DEVICE, CLIENT, "hello client");
            atDevice.inject(up);
            assertThat(next(atServer)).isEqualTo(up);

            bridge.app().send(5, new byte[] {1, 2, 3}).toCompletableFuture().get(5, TimeUnit.SECONDS);
            assertThat(appAtServer.poll(5, TimeUnit.SECONDS)).containsExactly(1, 2, 3);
            server.sendApp(6, new byte[] {4}).toCompletableFuture().get(5, TimeUnit.SECONDS);
            assertThat(appAtDevice.poll(5, TimeUnit.SECONDS)).containsExactly(4);
        }
        assertThat(own.isShuttingDown())
                .as("the application's loops are its own")
                .isFalse();
        own.shutdownGracefully(0, 1, TimeUnit.SECONDS).await(5, TimeUnit.SECONDS);
    }

    @Test
    void aSpoofedSourceIsRefusedAndCounted() throws Exception {
        try (Bridge bridge = builder().build()) {
            started(bridge);
            atServer.inject(datagram(DEVICE, DEVICE, "from myself"));
            byte[] honest = datagram(CLIENT, DEVICE, "after it");
            atServer.inject(honest);
            assertThat(next(atDevice)).isEqualTo(honest);
            assertThat(stats(bridge).refusedFromTunnel()).containsEntry(Refusal.SOURCE_OURS, 1L);
        }
    }

    @Test
    void whatComesRightBehindTheWelcomeWaitsForTheDevice() throws Exception {
        byte[] packet = datagram(CLIENT, DEVICE, "early bird");
        try (Bridge bridge = builder().build()) {
            CompletableFuture<TunnelInfo> start = bridge.start().toCompletableFuture();
            while (!start.isDone()) {
                atServer.inject(packet);
                LockSupport.parkNanos(10_000);
            }
            start.get(10, TimeUnit.SECONDS);
            atServer.inject(packet);
            await().untilAsserted(() -> {
                long sent = server.stats()
                        .toCompletableFuture()
                        .get(5, TimeUnit.SECONDS)
                        .packetsToDevice();
                assertThat(sent).isPositive();
                assertThat(stats(bridge).down().packets()).isEqualTo(sent);
            });
            assertThat(stats(bridge).outer().wrongCarriage()).isZero();
        }
    }

    @Test
    void whatWasSaidBeforeAHangUpIsHeard() throws Exception {
        List<Integer> topics = new CopyOnWriteArrayList<>();
        List<Integer> said = IntStream.range(0, 500).boxed().toList();
        BridgeListener listener = new BridgeListener() {
            @Override
            public void onApp(int topic, byte[] payload) {
                topics.add(topic);
            }
        };
        try (ServerSocket curt = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                Bridge bridge = Bridge.builder()
                        .server("127.0.0.1", curt.getLocalPort())
                        .device(atDevice)
                        .listener(listener)
                        .build()) {
            bridge.start();
            try (Socket connection = curt.accept()) {
                connection.getInputStream().readNBytes(1); // the device speaks first
                connection.getOutputStream().write(welcomeAnd(said));
            }
            // While the device is being set up the connection has ended already.
            await().untilAsserted(() -> assertThat(topics).isEqualTo(said));
        }
    }

    @Test
    void aRefusingServerFailsTheStart() throws Exception {
        server.close().toCompletableFuture().get(10, TimeUnit.SECONDS);
        server = server(Carriage.SEGMENT, "secret");
        startServer();
        try (Bridge bridge = builder().token("guess").build()) {
            assertThatThrownBy(() -> started(bridge))
                    .isInstanceOf(ExecutionException.class)
                    .cause()
                    .isInstanceOfSatisfying(
                            BridgeException.class,
                            fault -> assertThat(fault.reason()).isEqualTo(BridgeException.Reason.REFUSED))
                    .hasMessageContaining("wrong token");
            assertThat(bridge.state()).isEqualTo(BridgeState.FAILED);
        }
    }

    @Test
    void aLostDeviceIsTheEnd() throws Exception {
        try (Bridge bridge = builder().build()) {
            started(bridge);
            atDevice.lose(new IOException("taken away"));
            BridgeException fault = bridge.ended().toCompletableFuture().get(5, TimeUnit.SECONDS);
            assertThat(fault).isNotNull();
            assertThat(String.valueOf(fault)).contains("taken away");
        }
    }

    @Test
    void aListenerMayThrowOrCloseTheBridge() throws Exception {
        Bridge[] itself = new Bridge[1];
        BridgeListener listener = new BridgeListener() {
            @Override
            public void onState(BridgeState state, String detail) {
                throw new AssertionError("a careless listener");
            }

            @Override
            public void onApp(int topic, byte[] payload) {
                itself[0].close();
            }
        };
        try (Bridge bridge = builder().listener(listener).build()) {
            itself[0] = bridge;
            started(bridge);
            server.sendApp(1, new byte[1]).toCompletableFuture().get(5, TimeUnit.SECONDS);
            assertThat(bridge.ended().toCompletableFuture().get(5, TimeUnit.SECONDS))
                    .isNull();
            assertThat(bridge.state()).isEqualTo(BridgeState.CLOSED);
        }
    }

    @Test
    void aLoopThatWasShutDownFirstLeavesNothingOpen() throws Exception {
        EventLoopGroup own = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        Bridge bridge = builder().eventLoopGroup(own).build();
        started(bridge);
        own.shutdownGracefully(0, 1, TimeUnit.SECONDS).await(5, TimeUnit.SECONDS);
        bridge.close();
        assertThat(bridge.ended().toCompletableFuture().get(5, TimeUnit.SECONDS))
                .isNull();
        assertThat(bridge.state()).isEqualTo(BridgeState.CLOSED);
        assertThat(atDevice.isOpen()).isFalse();
    }

    @Test
    void theLastStatisticsCanBeHadAfterTheEnd() throws Exception {
        Bridge bridge = builder().build();
        started(bridge);
        bridge.close();
        assertThat(stats(bridge).connections()).isEqualTo(1);
        assertThat(stats(bridge).state()).isEqualTo(BridgeState.CLOSED);
    }

    @Test
    void whatCannotBeSentIsRefusedAtOnce() throws Exception {
        try (Bridge bridge = builder().build()) {
            assertThatThrownBy(() -> bridge.app().send(70_000, new byte[1])).hasMessageContaining("0 to 65535");
            assertThatThrownBy(() -> bridge.app().send(1, new byte[5_000])).hasMessageContaining("at most 2046");
            assertThatThrownBy(() -> bridge.app()
                            .send(1, new byte[1])
                            .toCompletableFuture()
                            .get(5, TimeUnit.SECONDS))
                    .hasMessageContaining("not started");
        }
    }

    private static byte[] welcomeAnd(List<Integer> topics) {
        FrameFormat format = FrameFormat.builtin("reference");
        MessageCodec codec = Protocol.builtin("reference").newCodec();
        ByteBuf out = Unpooled.buffer();
        try (FrameEncoder encoder = new FrameEncoder(format)) {
            codec.write(
                    ServerSignals.welcome(new TunnelParameters(Carriage.SEGMENT, 1, 1400, 30, DEVICE, SERVER)),
                    encoder,
                    out);
            for (int topic : topics) {
                codec.write(new Message.App(topic, Octets.of(new byte[100])), encoder, out);
            }
        }
        return ByteBufUtil.getBytes(out);
    }

    private SimulatedServer server(Carriage carriage, String token) {
        ServerOptions options = new ServerOptions(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                "sim0",
                SERVER,
                30,
                DEVICE,
                carriage,
                WriteMode.FRAME,
                Protocol.builtin("reference"),
                ServerOptions.DEFAULT_MTU,
                token);
        MemoryTunDevice tun = token.isEmpty() ? atServer : new MemoryTunDevice(TunOptions.named("sim1"));
        return new SimulatedServer(options, serverLoops.next(), tun, (topic, payload) -> appAtServer.add(payload));
    }

    private dev.tunbridge.bridge.BridgeBuilder builder() {
        return Bridge.builder().server("127.0.0.1", port).device(atDevice);
    }

    private static TunnelInfo started(Bridge bridge) throws Exception {
        return bridge.start().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    private static BridgeStats stats(Bridge bridge) throws Exception {
        return bridge.stats().toCompletableFuture().get(5, TimeUnit.SECONDS);
    }

    private static byte[] next(MemoryTunDevice device) {
        return await().until(device::takeWritten, written -> !written.isEmpty()).get(0);
    }

    /** A UDP datagram in IPv4, with the identification and flags that a segment carriage gives it back. */
    private static byte[] datagram(InetAddress source, InetAddress destination, String text) {
        byte[] payload = text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
        ByteBuf packet = Unpooled.buffer();
        packet.writeShort(0x4500).writeShort(28 + payload.length).writeShort(0).writeShort(0x4000);
        packet.writeByte(64).writeByte(17).writeShort(0);
        packet.writeBytes(source.getAddress()).writeBytes(destination.getAddress());
        packet.setShort(10, InternetChecksum.complete(InternetChecksum.sum(packet, 0, 20)));
        packet.writeShort(4000)
                .writeShort(5000)
                .writeShort(8 + payload.length)
                .writeShort(0)
                .writeBytes(payload);
        long sum = InternetChecksum.pseudoHeader(packet, 12, 16, 4, 17, 8 + payload.length)
                + InternetChecksum.sum(packet, 20, 8 + payload.length);
        packet.setShort(26, InternetChecksum.complete(sum));
        byte[] bytes = new byte[packet.readableBytes()];
        packet.readBytes(bytes);
        return bytes;
    }
}
