package dev.tunbridge.sim.rawlane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tunbridge.bridge.Bridge;
import dev.tunbridge.bridge.ReceiveStats;
import dev.tunbridge.bridge.TunnelInfo;
import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.protocol.session.TunnelParameters;
import dev.tunbridge.sim.ServerSignals;
import dev.tunbridge.sim.lab.Lab;
import dev.tunbridge.sim.lab.LabNamespace;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * A whole bridge, with its capture and its TUN device, whose server is a {@link RawServer}; and an application on the device that
 * notes the numbers of the datagrams as they come. The test's thread plays the server.
 */
final class BridgeUnderTest implements AutoCloseable {
    private static final int FIRST_NUMBER = 0xffff_f000;
    private static final int FILLING_BYTES = 40;
    private static final long LIMIT_SECONDS = 10;

    static final FrameFormat FORMAT = FrameFormat.builtin("reference");

    private final Lab lab = Lab.open();
    private final List<Integer> arrived = new ArrayList<>();
    private final ByteBuffer datagram = ByteBuffer.allocate(2_048);
    private final InetSocketAddress address = new InetSocketAddress("198.18.0.2", 7_000);
    private LabNamespace namespace;
    private WireTun wire;
    private RawServer server;
    private MultiThreadIoEventLoopGroup group;
    private Bridge bridge;
    private DatagramChannel application;
    private ServerStream stream = new ServerStream(FORMAT);
    private int connections;
    private int awaited;

    @SuppressWarnings("NullAway.Init") // by setUp, which may fail half-way
    private BridgeUnderTest() throws IOException {}

    /** Set up to the established session, and a first datagram has come, so that its flow is known. */
    static BridgeUnderTest open(Map<String, String> settings) throws Exception {
        BridgeUnderTest opened = new BridgeUnderTest();
        try {
            opened.setUp(settings);
            return opened;
        } catch (Exception | AssertionError e) {
            opened.close();
            throw e;
        }
    }

    private void setUp(Map<String, String> settings) throws Exception {
        namespace = lab.namespace("device");
        wire = WireTun.open(namespace, "wire0", "198.18.0.1/30");
        server = new RawServer(wire, address);
        group = new MultiThreadIoEventLoopGroup(1, namespace.threadFactory("bridge"), EpollIoHandler.newFactory());
        bridge = Bridge.builder()
                .server(address.getAddress().getHostAddress(), address.getPort())
                .tun("tb0")
                .protocol(Protocol.builtin("reference"))
                .set("reconnect.first", "10ms")
                .set(settings)
                .eventLoopGroup(group)
                .build();
        CompletableFuture<TunnelInfo> tunnel = bridge.start().toCompletableFuture();
        acceptSession();
        server.await("an established session", tunnel::isDone);
        tunnel.get();
        application = namespace.call(() ->
                DatagramChannel.open().bind(new InetSocketAddress(ServerStream.DEVICE, ServerStream.DEVICE_PORT)));
        application.configureBlocking(false);
        beginTraffic();
    }

    /** Takes the next connection, and welcomes the device that says hello. */
    void acceptSession() throws IOException {
        server.accept(FIRST_NUMBER);
        server.await("a hello", () -> server.received().isReadable());
        stream = new ServerStream(FORMAT);
        connections++;
        stream.message(ServerSignals.welcome(new TunnelParameters(
                Carriage.PACKET, connections, 1_400, 30, ServerStream.DEVICE, ServerStream.SERVER)));
        server.send(0, stream.slice(0, stream.end()));
        server.await("the welcome's acknowledgement", () -> server.sentOffset() == stream.end());
    }

    /** A datagram that comes in order. */
    void beginTraffic() throws Exception {
        await().atMost(LIMIT_SECONDS, TimeUnit.SECONDS)
                .until(() -> bridge.stats()
                                .toCompletableFuture()
                                .get(LIMIT_SECONDS, TimeUnit.SECONDS)
                                .connections()
                        == connections);
        int from = stream.end();
        add(0);
        server.send(from, stream.slice(from, stream.end()));
        awaitArrived(0);
    }

    /** Writes a datagram's frame to the stream, and does not send it. Answers where it ends. */
    int add(int number) {
        return stream.datagram(number, new byte[FILLING_BYTES]).end();
    }

    /** A frame as long as those of {@link #add}. */
    static byte[] foreignFrame(int number) {
        return new ServerStream(FORMAT)
                .datagram(number, new byte[FILLING_BYTES])
                .frame(0);
    }

    ServerStream stream() {
        return stream;
    }

    RawServer server() {
        return server;
    }

    WireTun wire() {
        return wire;
    }

    LabNamespace namespace() {
        return namespace;
    }

    /** Sends a part of the stream as it is. */
    void send(int from, int to) throws IOException {
        server.send(from, stream.slice(from, to));
    }

    ReceiveStats stats() throws Exception {
        return bridge.stats()
                .toCompletableFuture()
                .get(LIMIT_SECONDS, TimeUnit.SECONDS)
                .receive();
    }

    /**
     * Sends a bare acknowledgement, and waits until the bridge has seen it and so all that was sent before.
     *
     * @param more segments of this connection that were sent since {@code before}
     */
    ReceiveStats settled(ReceiveStats before, int more) throws Exception {
        server.send(server.segment(stream.end(), new byte[0]));
        server.pump();
        return await().atMost(LIMIT_SECONDS, TimeUnit.SECONDS)
                .until(this::stats, now -> now.segments() > before.segments() + more);
    }

    /** Waits for the next datagram and takes it for the one with this number. */
    void awaitArrived(int number) throws Exception {
        int next = awaited++;
        server.await("datagram " + number, () -> take() > next);
        assertThat(arrived.get(next)).as("the next of %s", arrived).isEqualTo(number);
    }

    /** Numbers of the datagrams that have come so far, in their order. */
    List<Integer> arrived() {
        take();
        return List.copyOf(arrived);
    }

    private int take() {
        try {
            while (application.receive(datagram.clear()) != null) {
                arrived.add(datagram.getInt(0));
            }
            return arrived.size();
        } catch (IOException e) {
            throw new IllegalStateException("receiving datagrams", e);
        }
    }

    @Override
    public void close() {
        if (bridge != null) {
            bridge.close();
        }
        if (group != null) {
            group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2, TimeUnit.SECONDS);
        }
        try {
            if (application != null) {
                application.close();
            }
        } catch (IOException e) {
            throw new IllegalStateException("closing the application's socket", e);
        } finally {
            if (wire != null) {
                wire.close();
            }
            lab.close();
        }
    }
}
