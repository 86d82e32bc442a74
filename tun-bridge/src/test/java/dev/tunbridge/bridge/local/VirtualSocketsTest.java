package dev.tunbridge.bridge.local;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.net.InetAddresses;
import dev.tunbridge.bridge.Bridge;
import dev.tunbridge.bridge.config.ConfigException;
import dev.tunbridge.bridge.relay.OpenRefusal;
import dev.tunbridge.bridge.relay.RelayStats;
import dev.tunbridge.protocol.message.Message;
import dev.tunbridge.protocol.message.Message.CloseHow;
import dev.tunbridge.protocol.message.Message.OpenStatus;
import dev.tunbridge.protocol.message.Octets;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.io.IOException;
import java.io.InputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.Scanner;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Virtual sockets between a server that says what the test wants and real services on the loopback, by a whole bridge. */
@Timeout(60)
class VirtualSocketsTest {
    private static final InetAddress CLIENT = InetAddresses.forString("198.18.0.9");
    private static final int CLIENT_PORT = 40_000;
    private static final int FIRST_CREDIT = 16 * 1024;
    private static final long PLENTY = 1L << 30;

    private ScriptedServer server;
    private ServerSocket service;
    private @Nullable Bridge bridge;

    @BeforeEach
    void listen() throws IOException {
        server = new ScriptedServer();
        service = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        service.setSoTimeout(10_000);
    }

    @AfterEach
    void close() throws IOException {
        if (bridge != null) {
            bridge.close();
        }
        service.close();
        server.close();
    }

    private void start(String... settings) throws Exception {
        var builder = Bridge.builder()
                .server("127.0.0.1", server.port())
                .set("carriage", "socket")
                .tun("none-such");
        for (String setting : settings) {
            builder.set(setting.substring(0, setting.indexOf(' ')), setting.substring(setting.indexOf(' ') + 1));
        }
        Bridge built = builder.build();
        bridge = built;
        var started = built.start().toCompletableFuture();
        server.welcome();
        started.get(10, TimeUnit.SECONDS);
    }

    private RelayStats stats() throws Exception {
        return requireNonNull(bridge)
                .stats()
                .toCompletableFuture()
                .get(10, TimeUnit.SECONDS)
                .relay()
                .orElseThrow();
    }

    private void open(int channel, int port) throws IOException {
        server.say(new Message.Open(channel, Message.TCP, port, CLIENT, CLIENT_PORT));
    }

    private Socket opened(int channel) throws Exception {
        open(channel, service.getLocalPort());
        Socket accepted = service.accept();
        assertThat(server.next()).isEqualTo(new Message.Opened(channel, OpenStatus.OPEN, FIRST_CREDIT));
        server.say(new Message.Credit(channel, FIRST_CREDIT));
        return accepted;
    }

    private static Message data(int channel, String text) {
        return new Message.Data(channel, Octets.of(text.getBytes(StandardCharsets.UTF_8)));
    }

    private static Message end(int channel) {
        return new Message.Close(channel, CloseHow.END_OF_STREAM);
    }

    private static Message reset(int channel) {
        return new Message.Close(channel, CloseHow.RESET);
    }

    @Test
    void bytesGoBothWaysAndEndsAreEachDirectionsOwn() throws Exception {
        start();
        try (Socket accepted = opened(1)) {
            server.say(data(1, "question"), end(1));
            assertThat(accepted.getInputStream().readAllBytes()).asString().isEqualTo("question");
            accepted.getOutputStream().write("answer".getBytes(StandardCharsets.UTF_8));
            assertThat(server.read(1, 6)).asString().isEqualTo("answer");
            accepted.shutdownOutput();
            assertThat(server.next()).isEqualTo(end(1));
        }
        Awaitility.await().until(() -> stats().now().channels() == 0);
        assertThat(stats().now().heldBytes()).isZero();
    }

    @Test
    void theServiceMayEndFirst() throws Exception {
        start();
        try (Socket accepted = opened(1)) {
            accepted.getOutputStream().write("greeting".getBytes(StandardCharsets.UTF_8));
            accepted.shutdownOutput();
            assertThat(server.read(1, 8)).asString().isEqualTo("greeting");
            assertThat(server.next()).isEqualTo(end(1));
            server.say(data(1, "late"), end(1));
            assertThat(accepted.getInputStream().readAllBytes()).asString().isEqualTo("late");
        }
        Awaitility.await().until(() -> stats().now().channels() == 0);
    }

    /** Credit that comes right behind the open counts, so a greeting is there after one round trip. */
    @Test
    void aServiceThatSpeaksFirstIsHeardWithTheAnswerToTheOpen() throws Exception {
        start();
        open(1, service.getLocalPort());
        server.say(new Message.Credit(1, FIRST_CREDIT));
        try (Socket accepted = service.accept()) {
            accepted.getOutputStream().write("greeting".getBytes(StandardCharsets.UTF_8));
            assertThat(server.next()).isEqualTo(new Message.Opened(1, OpenStatus.OPEN, FIRST_CREDIT));
            assertThat(server.read(1, 8)).asString().isEqualTo("greeting");
        }
    }

    private static void spin(int micros) {
        for (long end = System.nanoTime() + micros * 1_000L; System.nanoTime() < end; ) {
            Thread.onSpinWait();
        }
    }

    /** What it has not read when it closes makes a reset, which may have come when the end of the server is passed on: that is the channel's alone. */
    @Test
    void aServiceThatResetsWhileTheServerEndsBreaksNothingElse() throws Exception {
        start();
        for (int channel = 1; channel <= 1_000; channel++) {
            open(channel, service.getLocalPort());
            Socket accepted = service.accept();
            assertThat(server.next()).isEqualTo(new Message.Opened(channel, OpenStatus.OPEN, FIRST_CREDIT));
            server.say(data(channel, "unread"));
            accepted.setSoLinger(true, 0);
            server.say(end(channel));
            spin(channel % 100 * 3);
            accepted.close();
            Message last = server.next();
            while (last instanceof Message.Credit) {
                last = server.next();
            }
            assertThat(last).isEqualTo(reset(channel));
        }
        try (Socket accepted = opened(1_001)) {
            server.say(data(1_001, "on"));
            assertThat(accepted.getInputStream().readNBytes(2)).asString().isEqualTo("on");
        }
    }

    @Test
    void theEndOfAServiceIsToldWithoutCreditAndNotBeforeItsBytes() throws Exception {
        start();
        open(1, service.getLocalPort());
        try (Socket accepted = service.accept()) {
            assertThat(server.next()).isInstanceOf(Message.Opened.class);
            accepted.getOutputStream().write("unread".getBytes(StandardCharsets.UTF_8));
            accepted.shutdownOutput();
            assertThat(server.poll(300)).isNull();
            server.say(new Message.Credit(1, 6));
            assertThat(server.next()).isEqualTo(data(1, "unread"));
            assertThat(server.next()).isEqualTo(end(1));
        }
        open(2, service.getLocalPort());
        try (Socket accepted = service.accept()) {
            assertThat(server.next()).isInstanceOf(Message.Opened.class);
            accepted.shutdownOutput();
            assertThat(server.next()).isEqualTo(end(2));
        }
    }

    @Test
    void whereNobodyListensTheOpenIsRefused() throws Exception {
        start();
        int port = service.getLocalPort();
        service.close();
        open(3, port);
        assertThat(server.next()).isEqualTo(new Message.Opened(3, OpenStatus.REFUSED, 0));
        assertThat(stats().refused(OpenRefusal.SERVICE_REFUSED)).isEqualTo(1);
    }

    @Test
    void aServiceOnTheOtherFamilysLoopbackIsFound() throws Exception {
        start();
        try (ServerSocket six = new ServerSocket(0, 5, InetAddresses.forString("::1"))) {
            six.setSoTimeout(10_000);
            open(1, six.getLocalPort());
            six.accept().close();
            assertThat(server.next())
                    .isInstanceOfSatisfying(
                            Message.Opened.class,
                            opened -> assertThat(opened.status()).isEqualTo(OpenStatus.OPEN));
        }
    }

    @Test
    void aResetOfTheServerReachesTheServiceAsOne() throws Exception {
        start();
        try (Socket accepted = opened(1)) {
            server.say(reset(1));
            assertThatThrownBy(() -> accepted.getInputStream().read()).hasMessageContaining("reset");
            assertThat(server.next()).isEqualTo(reset(1));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aResetOfTheServiceReachesTheServerAlsoWhereNothingIsRead(boolean isRead) throws Exception {
        start();
        open(1, service.getLocalPort());
        Socket accepted = service.accept();
        assertThat(server.next()).isInstanceOf(Message.Opened.class);
        if (isRead) {
            server.say(new Message.Credit(1, 100));
        }
        accepted.setSoLinger(true, 0);
        accepted.close();
        assertThat(server.next()).isEqualTo(reset(1));
        server.say(reset(1));
        Awaitility.await().until(() -> stats().now().channels() == 0);
        assertThat(stats().resetsByService()).isEqualTo(1);
    }

    @Test
    void whenTheConnectionIsLostServicesSeeAReset() throws Exception {
        start("reconnect.first 10ms");
        try (Socket accepted = opened(1)) {
            server.socket().close();
            assertThatThrownBy(() -> accepted.getInputStream().read()).hasMessageContaining("reset");
        }
        server.welcome();
        try (Socket accepted = opened(1)) {
            server.say(data(1, "again"));
            assertThat(accepted.getInputStream().readNBytes(5)).asString().isEqualTo("again");
        }
    }

    @Test
    void megabytesGoBothWaysAtOnceUnchanged() throws Exception {
        start();
        byte[] bytes = new byte[8 << 20];
        new Random(5).nextBytes(bytes);
        try (Socket accepted = opened(1)) {
            server.say(new Message.Credit(1, PLENTY));
            Thread echo = new Thread(() -> echo(accepted), "echo");
            echo.start();
            int sent = 0;
            long credit = FIRST_CREDIT;
            java.io.ByteArrayOutputStream back = new java.io.ByteArrayOutputStream();
            while (back.size() < bytes.length) {
                while (sent < bytes.length && credit > 0) {
                    int length = (int) Math.min(Math.min(1_900, credit), bytes.length - sent);
                    server.say(new Message.Data(1, Octets.of(Arrays.copyOfRange(bytes, sent, sent + length))));
                    sent += length;
                    credit -= length;
                }
                if (sent == bytes.length && credit >= 0) {
                    credit = -1;
                    server.say(end(1));
                }
                Message message = server.next();
                if (message instanceof Message.Credit granted) {
                    credit += granted.bytes();
                } else if (message instanceof Message.Data data) {
                    back.writeBytes(data.content().toByteArray());
                } else {
                    throw new AssertionError(message.toString());
                }
            }
            assertThat(back.toByteArray()).isEqualTo(bytes);
            echo.join(10_000);
        }
        Awaitility.await().until(() -> stats().now().heldBytes() == 0);
        assertThat(stats().bytesDown()).isEqualTo(bytes.length);
        assertThat(stats().bytesUp()).isEqualTo(bytes.length);
    }

    private static void echo(Socket socket) {
        try (InputStream in = socket.getInputStream()) {
            in.transferTo(socket.getOutputStream());
            socket.shutdownOutput();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aServiceThatReadsNothingGetsNoMoreCreditAndHoldsUpNobodyElse() throws Exception {
        start("relay.channel-bytes 64KiB");
        Socket stalled = opened(1);
        stalled.setReceiveBufferSize(4 * 1024);
        long granted = FIRST_CREDIT;
        long sent = 0;
        while (sent < granted) { // until it grants nothing more
            byte[] piece = new byte[(int) Math.min(1_024, granted - sent)];
            server.say(new Message.Data(1, Octets.of(piece)));
            sent += piece.length;
            for (Message message = server.poll(sent < granted ? 0 : 500); message != null; message = server.poll(0)) {
                granted += ((Message.Credit) message).bytes();
            }
            assertThat(sent).isLessThan(64 << 20);
        }
        try (Socket other = opened(2)) {
            server.say(data(2, "through"));
            assertThat(other.getInputStream().readNBytes(7)).asString().isEqualTo("through");
        }
        assertThat(stats().now().heldBytes()).isLessThanOrEqualTo(64 * 1024 + 2 * FIRST_CREDIT);
        long taken = stalled.getInputStream().readNBytes((int) sent).length; // and goes on where it stood
        assertThat(taken).isEqualTo(sent);
        assertThat(server.next()).isEqualTo(end(2));
        assertThat(server.next())
                .isInstanceOfSatisfying(
                        Message.Credit.class,
                        credit -> assertThat(credit.channel()).isEqualTo(1));
        stalled.close();
    }

    @Test
    void aServiceIsReadOnlyAsFarAsTheServerHasCredit() throws Exception {
        start();
        open(1, service.getLocalPort());
        try (Socket accepted = service.accept()) {
            assertThat(server.next()).isInstanceOf(Message.Opened.class);
            byte[] many = new byte[10_000];
            new Random(1).nextBytes(many);
            accepted.getOutputStream().write(many);
            assertThat(server.poll(300)).isNull();
            server.say(new Message.Credit(1, 100));
            assertThat(server.next()).isEqualTo(new Message.Data(1, Octets.of(Arrays.copyOf(many, 100))));
            assertThat(server.poll(300)).isNull();
            server.say(new Message.Credit(1, 1 << 20));
            assertThat(server.read(1, 9_900)).isEqualTo(Arrays.copyOfRange(many, 100, many.length));
        }
    }

    @Test
    void aServiceWithAHeaderThatSpeaksFirstHasItAtOnce() throws Exception {
        start("relay.source proxy-v2");
        open(1, service.getLocalPort());
        try (Socket accepted = service.accept()) {
            accepted.setSoTimeout(5_000);
            assertThat(accepted.getInputStream().readNBytes(28)).hasSize(28); // before the client has said a word
            assertThat(server.next()).isInstanceOf(Message.Opened.class);
        }
    }

    @Test
    void anEndThatCameBeforeTheServiceAnsweredWaitsForNothingElse() throws Exception {
        start("relay.source proxy-v2");
        server.say(new Message.Open(1, Message.TCP, service.getLocalPort(), CLIENT, CLIENT_PORT), end(1));
        try (Socket accepted = service.accept()) {
            accepted.setSoTimeout(5_000);
            assertThat(accepted.getInputStream().readAllBytes()).hasSize(28);
        }
    }

    @Test
    void bytesBehindUrgentDataComeToo() throws Exception {
        start();
        try (Socket accepted = opened(1)) {
            for (int i = 0; i < 200; i++) {
                accepted.getOutputStream().write("before".getBytes(StandardCharsets.UTF_8));
                accepted.sendUrgentData('!');
                accepted.getOutputStream().write("behind".getBytes(StandardCharsets.UTF_8));
                assertThat(server.read(1, 13)).asString().isEqualTo("before!behind");
            }
        }
    }

    @Test
    void aDatagramToWhomNobodyListensEndsItsChannel() throws Exception {
        start();
        int port;
        try (DatagramSocket udp = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            port = udp.getLocalPort();
        }
        server.say(new Message.Open(5, Message.UDP, port, CLIENT, CLIENT_PORT));
        assertThat(server.next()).isInstanceOf(Message.Opened.class);
        server.say(data(5, "anybody?"));
        assertThat(server.next()).isEqualTo(reset(5));
    }

    @Test
    void aPortThatWouldReachItselfIsRefused() throws Exception {
        start();
        String range = Files.readString(Path.of("/proc/sys/net/ipv4/ip_local_port_range"));
        int first = new Scanner(range).nextInt();
        int last = Math.min(65_535, first + 3_000);
        for (int port = first, channel = 1;
                port <= last;
                port++, channel++) { // the kernel gives one of two ports to who connects
            open(channel, port);
            Message answer = server.next();
            if (answer instanceof Message.Opened opened && opened.status() == OpenStatus.OPEN) {
                try {
                    new Socket(InetAddress.getLoopbackAddress(), port).close(); // somebody listens
                } catch (IOException nobody) {
                    throw new AssertionError("port " + port + " was opened, and nobody listens", nobody);
                }
            }
        }
        assertThat(stats().refused(OpenRefusal.SERVICE_REFUSED)).isGreaterThan(2_000);
    }

    @Test
    void manyServicesThatFloodAtOnceStartNobodyAndOverrunNothing() throws Exception {
        start("relay.bytes 4M", "relay.channels 64", "relay.half-open 64");
        int services = 48;
        int each = 1 << 20;
        byte[] content = new byte[each];
        new Random(5).nextBytes(content);
        for (int channel = 1; channel <= services; channel++) {
            open(channel, service.getLocalPort());
            Socket accepted = service.accept();
            Thread flood = new Thread(
                    () -> {
                        try (accepted) {
                            accepted.getOutputStream().write(content);
                        } catch (IOException e) {
                            // The test is over.
                        }
                    },
                    "flood");
            flood.setDaemon(true);
            flood.start();
        }
        int[] read = new int[services + 1];
        int ended = 0;
        while (ended < services) {
            Message message = server.next();
            if (message instanceof Message.Opened opened) {
                server.say(new Message.Credit(opened.channel(), PLENTY));
            } else if (message instanceof Message.Data data) {
                byte[] piece = data.content().toByteArray();
                int at = read[data.channel()];
                assertThat(Arrays.equals(piece, 0, piece.length, content, at, at + piece.length))
                        .as("channel %d from byte %d on", data.channel(), at)
                        .isTrue();
                read[data.channel()] += piece.length;
            } else if (message instanceof Message.Close close) {
                assertThat(read[close.channel()]).isEqualTo(each);
                ended++;
            }
        }
        assertThat(stats().now().heldBytes()).isLessThanOrEqualTo(4 << 20);
    }

    @Test
    void datagramsGoBothWaysOneAFrame() throws Exception {
        start();
        try (DatagramSocket udp = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            udp.setSoTimeout(10_000);
            server.say(new Message.Open(5, Message.UDP, udp.getLocalPort(), CLIENT, CLIENT_PORT));
            assertThat(server.next()).isInstanceOf(Message.Opened.class);
            server.say(new Message.Credit(5, FIRST_CREDIT), data(5, "one"), data(5, ""), data(5, "three"));
            DatagramPacket packet = new DatagramPacket(new byte[100], 100);
            for (String expected : new String[] {"one", "", "three"}) {
                udp.receive(packet);
                assertThat(new String(packet.getData(), 0, packet.getLength(), StandardCharsets.UTF_8))
                        .isEqualTo(expected);
                udp.send(new DatagramPacket(packet.getData(), packet.getLength(), packet.getSocketAddress()));
                packet.setLength(100);
                assertThat(server.next()).isEqualTo(data(5, expected));
            }
        }
    }

    @Test
    void aServiceThatSeesTheProxyHeaderKnowsTheClient() throws Exception {
        start("relay.source proxy-v2");
        try (Socket accepted = opened(1)) {
            server.say(data(1, "x"));
            // haproxy, doc/proxy-protocol.txt, 2.2: signature, version and command, family and protocol, length,
            // addresses, ports
            ByteBuffer expected = ByteBuffer.allocate(29)
                    .put(new byte[] {
                        0x0d, 0x0a, 0x0d, 0x0a, 0, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a, 0x21, 0x11, 0, 12
                    })
                    .put(CLIENT.getAddress())
                    .put(ScriptedServer.DEVICE.getAddress())
                    .putShort((short) CLIENT_PORT)
                    .putShort((short) service.getLocalPort())
                    .put((byte) 'x');
            assertThat(accepted.getInputStream().readNBytes(29)).isEqualTo(expected.array());
        }
    }

    @Test
    void aTargetMayBeAnotherPortOrAUnixSocket(@TempDir Path folder) throws Exception {
        Path path = folder.resolve("service");
        try (ServerSocketChannel unix = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            unix.bind(UnixDomainSocketAddress.of(path));
            start("relay.targets tcp:80=127.0.0.1:" + service.getLocalPort() + ",81=" + path + ",82=" + path + "-not");
            open(1, 80);
            service.accept().close();
            assertThat(server.next()).isInstanceOf(Message.Opened.class);
            assertThat(server.next()).isEqualTo(end(1));
            open(2, 81);
            try (SocketChannel accepted = unix.accept()) {
                assertThat(server.next()).isInstanceOf(Message.Opened.class);
                server.say(data(2, "unix"));
                ByteBuffer read = ByteBuffer.allocate(4);
                while (read.hasRemaining() && accepted.read(read) >= 0) {
                    // all four
                }
                assertThat(read.array()).asString().isEqualTo("unix");
            }
            assertThat(server.next()).isEqualTo(end(2));
            open(3, 82);
            assertThat(server.next()).isEqualTo(new Message.Opened(3, OpenStatus.REFUSED, 0));
        }
    }

    @Test
    void theFilterHoldsHereToo() throws Exception {
        start("filter.allow udp", "filter.sources 198.18.0.0/24");
        open(1, service.getLocalPort());
        assertThat(server.next()).isEqualTo(new Message.Opened(1, OpenStatus.REFUSED, 0));
        server.say(new Message.Open(2, Message.UDP, 9, InetAddresses.forString("198.18.1.9"), 1));
        assertThat(server.next()).isEqualTo(new Message.Opened(2, OpenStatus.REFUSED, 0));
        assertThat(stats().refused(OpenRefusal.NOT_ALLOWED)).isEqualTo(2);
    }

    @Test
    void noDeviceIsMade() throws Exception {
        start();
        assertThat(NetworkInterface.getByName("none-such")).isNull();
    }

    @Test
    void thousandsOfShortConnectionsLeaveNothing() throws Exception {
        start();
        Thread serving = new Thread(
                () -> {
                    try {
                        for (int i = 0; i < 2_000; i++) {
                            service.accept().close();
                        }
                    } catch (IOException e) {
                        throw new IllegalStateException(e);
                    }
                },
                "accepting");
        serving.start();
        for (int i = 0; i < 2_000; i++) {
            open(i % 700, service.getLocalPort());
            assertThat(server.next()).isInstanceOf(Message.Opened.class);
            assertThat(server.next()).isEqualTo(end(i % 700));
            server.say(end(i % 700));
        }
        serving.join(10_000);
        Awaitility.await()
                .atMost(Duration.ofSeconds(10))
                .until(() -> stats().now().channels() == 0);
        assertThat(stats().opened()).isEqualTo(2_000);
        assertThat(stats().misbehaved()).isZero();
    }

    @Test
    void aLoopWithoutEpollIsRefused() {
        EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        try {
            assertThatThrownBy(() -> Bridge.builder()
                            .server("127.0.0.1", 1)
                            .set("carriage", "socket")
                            .eventLoopGroup(group)
                            .build())
                    .isInstanceOf(ConfigException.class)
                    .hasMessageContaining("epoll");
        } finally {
            group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        }
    }
}
