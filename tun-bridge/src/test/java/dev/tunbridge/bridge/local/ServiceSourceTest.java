package dev.tunbridge.bridge.local;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.InetAddresses;
import dev.tunbridge.bridge.Bridge;
import dev.tunbridge.bridge.flow.Packets;
import dev.tunbridge.bridge.net.TestNamespace;
import dev.tunbridge.linux.TunInterface;
import dev.tunbridge.protocol.message.Message;
import dev.tunbridge.protocol.message.Message.CloseHow;
import dev.tunbridge.protocol.message.Message.OpenStatus;
import dev.tunbridge.protocol.message.Octets;
import dev.tunbridge.reassembly.wire.InternetChecksum;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.unix.FileDescriptor;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whom real services see, in a namespace of their own, where the address is not the loopback's. */
@Timeout(60)
class ServiceSourceTest {
    private static final int CLIENT_PORT = 40_000;

    private TestNamespace namespace;

    @BeforeEach
    void openNamespace() throws IOException {
        namespace = TestNamespace.open();
        namespace.inside("link", "set", "lo", "up");
    }

    @AfterEach
    void removeNamespace() throws IOException {
        if (namespace != null) {
            namespace.close();
        }
    }

    /** What happens in the namespace, with a bridge whose session is up. */
    private interface Scene {
        void play(ScriptedServer server) throws Exception;
    }

    private void serve(String device, Scene scene, String... settings) throws Exception {
        namespace.call(() -> {
            try (ScriptedServer server = new ScriptedServer()) {
                var builder = Bridge.builder()
                        .server("127.0.0.1", server.port())
                        .set("carriage", "socket")
                        .set("capture.backend", "none");
                for (String setting : settings) {
                    builder.set(
                            setting.substring(0, setting.indexOf('=')), setting.substring(setting.indexOf('=') + 1));
                }
                try (Bridge bridge = builder.build()) {
                    var started = bridge.start().toCompletableFuture();
                    server.welcome(InetAddresses.forString(device));
                    started.get(10, TimeUnit.SECONDS);
                    scene.play(server);
                }
            }
            return device;
        });
    }

    private static Message data(int channel, String text) {
        return new Message.Data(channel, Octets.of(text.getBytes(StandardCharsets.UTF_8)));
    }

    private static void requireOpen(Message answer) {
        assertThat(answer)
                .isInstanceOfSatisfying(
                        Message.Opened.class,
                        opened -> assertThat(opened.status()).isEqualTo(OpenStatus.OPEN));
    }

    /** A client asks, and the service that sees it answers. */
    private static InetSocketAddress converse(ScriptedServer server, ServerSocket service, InetAddress client, int port)
            throws Exception {
        server.say(new Message.Open(1, Message.TCP, port, client, CLIENT_PORT));
        service.setSoTimeout(10_000);
        requireOpen(server.next()); // or why not, before nobody comes
        try (Socket accepted = service.accept()) {
            server.say(new Message.Credit(1, 1_000), data(1, "who am I?"));
            assertThat(accepted.getInputStream().readNBytes(9)).asString().isEqualTo("who am I?");
            accepted.getOutputStream().write("you".getBytes(StandardCharsets.UTF_8));
            assertThat(server.read(1, 3)).asString().isEqualTo("you");
            accepted.shutdownOutput();
            assertThat(server.next()).isEqualTo(new Message.Close(1, CloseHow.END_OF_STREAM));
            server.say(new Message.Close(1, CloseHow.END_OF_STREAM));
            assertThat(accepted.getInputStream().read()).isEqualTo(-1);
            return (InetSocketAddress) accepted.getRemoteSocketAddress();
        }
    }

    /** The same with datagrams, of a service that is bound to no address. */
    private static InetSocketAddress exchange(ScriptedServer server, DatagramSocket service, InetAddress client)
            throws Exception {
        service.setSoTimeout(10_000);
        server.say(new Message.Open(2, Message.UDP, service.getLocalPort(), client, CLIENT_PORT));
        requireOpen(server.next());
        server.say(new Message.Credit(2, 10_000), data(2, "who am I?"));
        DatagramPacket packet = new DatagramPacket(new byte[100], 100);
        service.receive(packet);
        service.send(new DatagramPacket("you".getBytes(StandardCharsets.UTF_8), 3, packet.getSocketAddress()));
        assertThat(server.next()).isEqualTo(data(2, "you"));
        return (InetSocketAddress) packet.getSocketAddress();
    }

    @ParameterizedTest
    @CsvSource({"198.19.0.1, 198.18.0.9, 127.0.0.1, 198.18.0.0/24", "2001:2::1, 2001:2:0:5::9, ::1, 2001:2:0:5::/64"})
    void theClientItself(String device, String client, String loopback, String clients) throws Exception {
        InetAddress from = InetAddresses.forString(client);
        serve(
                device,
                server -> {
                    try (ServerSocket everywhere = new ServerSocket(0);
                            DatagramSocket datagrams = new DatagramSocket(0);
                            ServerSocket atLoopback = new ServerSocket(7_007, 5, InetAddresses.forString(loopback))) {
                        InetSocketAddress expected = new InetSocketAddress(from, CLIENT_PORT);
                        assertThat(converse(server, everywhere, from, everywhere.getLocalPort()))
                                .isEqualTo(expected);
                        assertThat(exchange(server, datagrams, from)).isEqualTo(expected);
                        assertThat(converse(server, atLoopback, from, 77)).isEqualTo(expected);
                    }
                },
                "relay.source=client",
                "relay.targets=77=localhost:7007",
                "filter.sources=" + clients);
        assertThat(namespace.inside("rule", "show") + namespace.inside("addr", "show", "dev", "lo"))
                .doesNotContain("5000:", device);
    }

    @ParameterizedTest
    @CsvSource({"198.19.0.1, 198.18.0.9", "2001:2::1, 2001:2:0:5::9"})
    void theDevice(String device, String client) throws Exception {
        InetAddress from = InetAddresses.forString(client);
        serve(
                device,
                server -> {
                    try (ServerSocket everywhere = new ServerSocket(0);
                            DatagramSocket datagrams = new DatagramSocket(0)) {
                        assertThat(converse(server, everywhere, from, everywhere.getLocalPort())
                                        .getAddress())
                                .isEqualTo(InetAddresses.forString(device));
                        assertThat(exchange(server, datagrams, from).getAddress())
                                .isEqualTo(InetAddresses.forString(device));
                    }
                },
                "relay.source=device");
        assertThat(namespace.inside("addr", "show", "dev", "lo")).doesNotContain(device);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "127.0.0.1",
                "198.19.0.1",
                "198.18.7.1",
                "198.18.7.255",
                "198.18.7.9",
                "0.0.0.0",
                "255.255.255.255",
                "224.0.0.1",
                "::1"
            })
    void aClientThatClaimsToBeThisHostOrItsNeighbourIsRefused(String claimed) throws Exception {
        namespace.addLan("198.18.7.1/24");
        serve(
                "198.19.0.1",
                server -> {
                    try (ServerSocket everywhere = new ServerSocket(0)) {
                        server.say(new Message.Open(
                                1,
                                Message.TCP,
                                everywhere.getLocalPort(),
                                InetAddresses.forString(claimed),
                                CLIENT_PORT));
                        assertThat(server.next())
                                .isInstanceOfSatisfying(
                                        Message.Opened.class,
                                        opened -> assertThat(opened.status())
                                                .isIn(OpenStatus.REFUSED, OpenStatus.UNREACHABLE));
                    }
                },
                "relay.source=client");
    }

    /** The host's firewall knows one client from another, on the interface lo. */
    @Test
    void firewallRulesForClientsHold() throws Exception {
        try {
            namespace.run("nft", "--version");
        } catch (IOException e) {
            Assumptions.abort("skipped: " + e.getMessage());
        }
        InetAddress unwanted = InetAddresses.forString("198.18.0.8");
        InetAddress wanted = InetAddresses.forString("198.18.0.9");
        serve(
                "198.19.0.1",
                server -> {
                    try (ServerSocket everywhere = new ServerSocket(0)) {
                        namespace.run(
                                "nft",
                                "add table inet f; add chain inet f in { type filter hook input priority 0; };"
                                        + " add rule inet f in iif lo ip saddr 198.18.0.8 tcp dport "
                                        + everywhere.getLocalPort() + " counter reject with tcp reset");
                        server.say(new Message.Open(5, Message.TCP, everywhere.getLocalPort(), unwanted, CLIENT_PORT));
                        assertThat(server.next()).isEqualTo(new Message.Opened(5, OpenStatus.REFUSED, 0));
                        assertThat(namespace.run("nft", "list", "table", "inet", "f"))
                                .contains("counter packets 1 ");
                        assertThat(converse(server, everywhere, wanted, everywhere.getLocalPort())
                                        .getAddress())
                                .isEqualTo(wanted);
                    }
                },
                "relay.source=client",
                "filter.sources=198.18.0.0/24");
    }

    /** VPNs have tables of their own; and where a part of a tunnel's world is on the link, that is nobody's neighbourhood. */
    @ParameterizedTest
    @CsvSource({
        "198.18.9.9, route add 198.18.9.0/24 dev lan0 table 52, false",
        "198.18.9.9, route add local 198.18.9.0/24 dev lo table 52, false",
        "198.18.9.9, route add 198.18.9.9 dev lan0 table 52 proto 84 metric 1413611521, false",
        "198.18.9.9, route add 128.0.0.0/1 dev lan0 table 52, true",
        "198.18.9.9, route add 198.18.9.0/24 via 198.18.7.2 table 52, true",
    })
    void whomAnotherTableReachesIsANeighbourToo(String client, String route, boolean isClient) throws Exception {
        namespace.addLan("198.18.7.1/24");
        namespace.inside("rule", "add", "lookup", "52", "priority", "5270");
        namespace.inside(route.split(" ", -1));
        InetAddress from = InetAddresses.forString(client);
        serve(
                "198.19.0.1",
                server -> {
                    try (ServerSocket everywhere = new ServerSocket(0)) {
                        if (isClient) {
                            assertThat(converse(server, everywhere, from, everywhere.getLocalPort())
                                            .getAddress())
                                    .isEqualTo(from);
                            return;
                        }
                        server.say(new Message.Open(1, Message.TCP, everywhere.getLocalPort(), from, CLIENT_PORT));
                        assertThat(server.next()).isEqualTo(new Message.Opened(1, OpenStatus.REFUSED, 0));
                    }
                },
                "relay.source=client",
                "filter.sources=198.18.8.0/23",
                "tun.overlap=refuse");
    }

    @Test
    void aNeighboursAddressPassesWhereOverlapsDo() throws Exception {
        namespace.addLan("198.18.7.1/24");
        InetAddress neighbour = InetAddresses.forString("198.18.7.9");
        serve(
                "198.19.0.1",
                server -> {
                    try (ServerSocket everywhere = new ServerSocket(0)) {
                        assertThat(converse(server, everywhere, neighbour, everywhere.getLocalPort())
                                        .getAddress())
                                .isEqualTo(neighbour);
                    }
                },
                "relay.source=client",
                "tun.overlap=warn");
    }

    /** What a network says of one datagram does not end the channel, as little as it would end a socket of the client's own. */
    @Test
    void aDatagramThatIsReturnedEndsNothing() throws Exception {
        InetAddress from = InetAddresses.forString("198.18.0.9");
        InetAddress service = InetAddresses.forString("198.18.5.9");
        try (TunInterface tun = namespace.openTun("far0")) {
            namespace.inside("addr", "add", "198.18.5.1/24", "dev", "far0");
            namespace.inside("link", "set", "far0", "up");
            FileDescriptor far = new FileDescriptor(tun.fd());
            serve(
                    "198.19.0.1",
                    server -> {
                        server.say(new Message.Open(2, Message.UDP, 53, from, CLIENT_PORT));
                        assertThat(server.next()).isInstanceOf(Message.Opened.class);
                        server.say(new Message.Credit(2, 10_000), data(2, "lost"));
                        ByteBuf asked = datagramTo(far, service);
                        InetAddress bridge = address(asked, 12);
                        far.write(
                                icmpUnreachable(service, bridge, asked).nioBuffer(),
                                0,
                                28 + IPV4_HEADER_BYTES + UDP_HEADER_BYTES);
                        server.say(data(2, "heard"));
                        ByteBuf again = datagramTo(far, service);
                        assertThat(again.toString(IPV4_HEADER_BYTES + UDP_HEADER_BYTES, 5, StandardCharsets.UTF_8))
                                .isEqualTo("heard");
                        assertThat(server.poll(300)).as("an end").isNull();
                    },
                    "relay.targets=53=198.18.5.9");
        }
    }

    private static final int IPV4_HEADER_BYTES = 20;
    private static final int UDP_HEADER_BYTES = 8;
    private static final int PROTOCOL_UNREACHABLE = 0x0302;

    private static ByteBuf datagramTo(FileDescriptor tun, InetAddress destination) throws Exception {
        for (int reads = 0; reads < 1_000; reads++) {
            ByteBuffer packet = ByteBuffer.allocateDirect(2_000);
            int length = tun.read(packet, 0, packet.capacity());
            ByteBuf read = Unpooled.wrappedBuffer(packet.limit(Math.max(length, 0)));
            if (length > IPV4_HEADER_BYTES
                    && read.getByte(9) == 17
                    && address(read, 16).equals(destination)) {
                return read;
            }
            Thread.sleep(5);
        }
        throw new AssertionError("no datagram to " + destination);
    }

    private static InetAddress address(ByteBuf packet, int at) throws IOException {
        byte[] bytes = new byte[4];
        packet.getBytes(at, bytes);
        return InetAddress.getByAddress(bytes);
    }

    /** RFC 792: its host has no such protocol, which Linux tells a connected socket at once. */
    private static ByteBuf icmpUnreachable(InetAddress from, InetAddress to, ByteBuf about) {
        ByteBuf body = Unpooled.buffer();
        body.writeShort(PROTOCOL_UNREACHABLE).writeShort(0).writeInt(0);
        body.writeBytes(about, 0, IPV4_HEADER_BYTES + UDP_HEADER_BYTES);
        body.setShort(2, InternetChecksum.complete(InternetChecksum.sum(body, 0, body.readableBytes())));
        ByteBuf packet = Packets.raw(from, to, 1, ByteBufUtil.getBytes(body));
        return Unpooled.directBuffer().writeBytes(packet);
    }

    @ParameterizedTest
    @ValueSource(strings = {"rule del from 198.19.0.1 iif lo", "addr del 198.19.0.1/32 dev lo"})
    void whatSomebodyTakesAwayComesBack(String removal) throws Exception {
        InetAddress from = InetAddresses.forString("198.18.0.9");
        serve(
                "198.19.0.1",
                server -> {
                    namespace.inside(removal.split(" ", -1));
                    Awaitility.await()
                            .atMost(Duration.ofSeconds(10))
                            .until(() -> namespace.inside("rule", "show").contains("from 198.19.0.1 iif lo")
                                    && namespace
                                            .inside("addr", "show", "dev", "lo")
                                            .contains("198.19.0.1"));
                    try (ServerSocket everywhere = new ServerSocket(0)) {
                        assertThat(converse(server, everywhere, from, everywhere.getLocalPort())
                                        .getAddress())
                                .isEqualTo(from);
                    }
                },
                "relay.source=client");
    }
}
