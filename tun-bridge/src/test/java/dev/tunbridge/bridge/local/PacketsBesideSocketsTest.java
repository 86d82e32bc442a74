package dev.tunbridge.bridge.local;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.net.InetAddresses;
import dev.tunbridge.bridge.Bridge;
import dev.tunbridge.bridge.BridgeListener;
import dev.tunbridge.bridge.BridgeState;
import dev.tunbridge.bridge.BridgeStats;
import dev.tunbridge.bridge.TunnelInfo;
import dev.tunbridge.bridge.config.ConfigException;
import dev.tunbridge.bridge.flow.InnerPacket;
import dev.tunbridge.bridge.flow.Packets;
import dev.tunbridge.bridge.tun.MemoryTunDevice;
import dev.tunbridge.bridge.tun.TunOptions;
import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.protocol.message.Message;
import dev.tunbridge.protocol.message.Octets;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** One connection that carries packets and virtual sockets. */
@Timeout(60)
class PacketsBesideSocketsTest {
    private static final InetAddress CLIENT = InetAddresses.forString("198.18.0.9");
    private static final int PACKET_BYTES = 1_000;

    private final MemoryTunDevice device = new MemoryTunDevice(TunOptions.named("tb0"));
    private ScriptedServer server;
    private ServerSocket service;

    @BeforeEach
    void listen() throws IOException {
        server = new ScriptedServer();
        service = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        service.setSoTimeout(10_000);
    }

    @AfterEach
    void close() throws IOException {
        service.close();
        server.close();
    }

    private @Nullable TunnelInfo tunnel;

    private Bridge start(String carriage, Carriage welcome) throws Exception {
        Bridge bridge = Bridge.builder()
                .server("127.0.0.1", server.port())
                .set("carriage", carriage)
                .device(device)
                .build();
        var started = bridge.start().toCompletableFuture();
        server.welcome(ScriptedServer.DEVICE, welcome);
        tunnel = started.get(10, TimeUnit.SECONDS);
        return bridge;
    }

    private static byte[] packet(InetAddress from, InetAddress to, int port) {
        ByteBuf packet = Packets.ip(from, to, InnerPacket.UDP, port, 9, PACKET_BYTES - 28);
        return ByteBufUtil.getBytes(packet);
    }

    @Test
    void bothGoBothWays() throws Exception {
        try (Bridge bridge = start("packet+socket", Carriage.PACKET_AND_SOCKET)) {
            byte[] down = packet(CLIENT, ScriptedServer.DEVICE, 5_000);
            server.say(new ScriptedServer.Packet(Octets.of(down)));
            Awaitility.await()
                    .untilAsserted(
                            () -> assertThat(device.takeWritten().stream().map(Octets::of))
                                    .containsExactly(Octets.of(down)));
            byte[] up = packet(ScriptedServer.DEVICE, CLIENT, 5_001);
            device.inject(up);
            assertThat(server.nextOfAll()).isEqualTo(new ScriptedServer.Packet(Octets.of(up)));

            server.say(new Message.Open(1, Message.TCP, service.getLocalPort(), CLIENT, 40_000));
            try (Socket accepted = service.accept()) {
                assertThat(server.next()).isInstanceOf(Message.Opened.class);
                server.say(new Message.Credit(1, 100));
                accepted.getOutputStream().write(new byte[] {1, 2, 3});
                assertThat(server.read(1, 3)).containsExactly(1, 2, 3);
            }
            assertThat(bridge.state()).isEqualTo(BridgeState.ESTABLISHED);
        }
    }

    /** Where the way is full, channels and packets take turns, and each keeps its order. */
    @Test
    void theyTakeTurnsWhereTheWayIsFull() throws Exception {
        int bytes = 16 << 20; // the kernel takes 4 MiB before the queue has to
        byte[] content = new byte[bytes];
        new Random(7).nextBytes(content);
        int packets = 200;
        try (Bridge bridge = start("packet+socket", Carriage.PACKET_AND_SOCKET)) {
            server.say(new Message.Open(1, Message.TCP, service.getLocalPort(), CLIENT, 40_000));
            Socket accepted = service.accept();
            assertThat(server.next()).isInstanceOf(Message.Opened.class);
            server.stopReading();
            server.say(new Message.Credit(1, 1 << 30));
            Thread flood = new Thread(
                    () -> {
                        try (accepted) {
                            accepted.getOutputStream().write(content);
                        } catch (IOException e) {
                            throw new IllegalStateException(e);
                        }
                    },
                    "flood");
            flood.start();
            Awaitility.await().until(() -> stats(bridge).queue().bytes() > 100_000);
            for (int i = 0; i < packets; i++) {
                device.inject(packet(ScriptedServer.DEVICE, CLIENT, 1_000 + i % 4));
            }
            Awaitility.await().until(() -> stats(bridge).queue().packets() > packets);
            server.readOn();

            List<Integer> order = new ArrayList<>();
            int at = 0;
            for (Object next = server.nextOfAll(); !(next instanceof Message.Close); next = server.nextOfAll()) {
                if (next instanceof Message.Data data) {
                    byte[] piece = data.content().toByteArray();
                    assertThat(Arrays.equals(piece, 0, piece.length, content, at, at + piece.length))
                            .as("from byte %d on", at)
                            .isTrue();
                    at += piece.length;
                } else {
                    order.add(at);
                }
            }
            assertThat(at).isEqualTo(bytes);
            assertThat(order).hasSize(packets);
            int first = order.get(0);
            int last = order.get(packets - 1);
            // five flows in turn: so many bytes of packets go beside a quarter as many of the channel
            assertThat(last - first).isBetween(packets * PACKET_BYTES / 8, packets * PACKET_BYTES);
        }
    }

    private static BridgeStats stats(Bridge bridge) throws Exception {
        return bridge.stats().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    @ParameterizedTest
    @CsvSource({
        "packet+socket, PACKET",
        "packet+socket, SOCKET",
        "'packet,socket', SOCKET",
        "'segment+socket,packet', PACKET"
    })
    void theServerMayChooseOneOfBoth(String carriage, Carriage welcome) throws Exception {
        try (Bridge bridge = start(carriage, welcome)) {
            assertThat(requireNonNull(tunnel).carriage()).isEqualTo(welcome);
            assertThat(bridge.state()).isEqualTo(BridgeState.ESTABLISHED);
        }
    }

    /** A device that names two by themselves can do one at a time. */
    @Test
    void bothThatWereNotOfferedTogetherAreRefused() throws Exception {
        List<String> heard = new CopyOnWriteArrayList<>();
        try (Bridge bridge = Bridge.builder()
                .server("127.0.0.1", server.port())
                .set("carriage", "packet,socket")
                .device(device)
                .listener(new BridgeListener() {
                    @Override
                    public void onState(BridgeState state, String detail) {
                        heard.add(detail);
                    }
                })
                .build()) {
            bridge.start();
            server.welcome(ScriptedServer.DEVICE, Carriage.PACKET_AND_SOCKET);
            Awaitility.await()
                    .untilAsserted(
                            () -> assertThat(heard)
                                    .anyMatch(
                                            detail -> detail.contains(
                                                    "carriage 'packet+socket' cannot be; allowed: one of those offered, packet, socket")));
        }
    }

    @Test
    void clientsOwnAddressesAreForVirtualSocketsAlone() {
        assertThatThrownBy(() -> Bridge.builder()
                        .server("127.0.0.1", 1)
                        .set("carriage", "packet+socket")
                        .set("relay.source", "client")
                        .build())
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("relay.source")
                .hasMessageContaining("packet+socket");
    }

    /** Else a server could name any address and have its clients reach what is there. */
    @Test
    void aTargetAtTheDeviceNeedsItsAddress() throws IOException {
        assertThatThrownBy(() -> Bridge.builder()
                        .server("127.0.0.1", 1)
                        .set("carriage", "socket")
                        .set("relay.source", "proxy-v2")
                        .set("relay.targets", "80=127.0.0.1,81=device:8081")
                        .build())
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("relay.targets")
                .hasMessageContaining("81=device:8081")
                .hasMessageContaining("relay.source=proxy-v2");
        Bridge.builder()
                .server("127.0.0.1", 1)
                .set("carriage", "packet+socket")
                .set("relay.targets", "81=device:8081")
                .build()
                .close();
    }
}
