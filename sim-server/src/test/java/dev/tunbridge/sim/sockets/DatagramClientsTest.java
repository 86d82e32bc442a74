package dev.tunbridge.sim.sockets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tunbridge.protocol.message.Message;
import dev.tunbridge.protocol.message.Message.CloseHow;
import dev.tunbridge.protocol.message.Message.OpenStatus;
import dev.tunbridge.sim.lab.Lab;
import dev.tunbridge.sim.lab.LabNamespace;
import dev.tunbridge.sim.scene.Family;
import dev.tunbridge.sim.server.WriteMode;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Flows of datagrams of real clients, whose device says what the test wants. */
@Timeout(60)
class DatagramClientsTest {
    private static final long QUIET_MILLIS = 300;

    @BeforeEach
    void needsRoot() {
        Lab.unavailable().ifPresent(reason -> Assumptions.abort("needs root: " + reason));
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static void send(DatagramSocket client, byte[] content) throws IOException {
        client.send(new DatagramPacket(content, content.length));
    }

    private static byte[] receive(DatagramSocket client) throws IOException {
        DatagramPacket packet = new DatagramPacket(new byte[4096], 4096);
        client.receive(packet);
        return Arrays.copyOf(packet.getData(), packet.getLength());
    }

    private static Message.Data data(int channel, String text) {
        return ScriptedDevice.data(channel, text(text));
    }

    private static Message.Close close(int channel, CloseHow how) {
        return new Message.Close(channel, how);
    }

    private static void awaitNoClients(SiteLab lab) {
        Awaitility.await().untilAsserted(() -> {
            assertThat(lab.stats().clients()).isZero();
            assertThat(lab.stats().channels()).isZero();
        });
    }

    /** The clients' sockets are connected, so what is not from the device's address and port they do not get. */
    @ParameterizedTest
    @EnumSource(Family.class)
    void carriesDatagramsOfThisHostAndOfOthersBothWays(Family family) throws Exception {
        try (SiteLab lab = SiteLab.open(family, WriteMode.FRAME)) {
            for (LabNamespace host : new LabNamespace[] {lab.site, lab.clients}) {
                try (DatagramSocket client = lab.datagrams(host, 5000)) {
                    InetAddress other = family == Family.IPV4 ? SiteLab.CLIENT_HOST : SiteLab.CLIENT_HOST_IPV6;
                    send(client, text("one"));
                    send(client, text("two"));
                    Message.Open open = lab.device.nextOpen();
                    assertThat(open.transport()).isEqualTo(Message.UDP);
                    assertThat(open.devicePort()).isEqualTo(5000);
                    assertThat(open.clientAddress()).isEqualTo(host == lab.site ? lab.siteAddress() : other);
                    assertThat(open.clientPort()).isEqualTo(client.getLocalPort());
                    assertThat(lab.device.poll(QUIET_MILLIS)).isNull();

                    lab.device.accept(open.channel(), ScriptedDevice.PLENTY);
                    send(client, text("three"));
                    for (String expected : new String[] {"one", "two", "three"}) {
                        assertThat(lab.device.next()).isEqualTo(data(open.channel(), expected));
                    }
                    lab.device.say(data(open.channel(), "answer"), data(open.channel(), ""));
                    assertThat(receive(client)).asString().isEqualTo("answer");
                    assertThat(receive(client)).isEmpty();
                }
            }
            assertThat(lab.stats().datagramsDropped()).isZero();
        }
    }

    /** Java sends none on a connected socket. */
    @Test
    void anEmptyDatagramIsOneToo() throws Exception {
        try (SiteLab lab = SiteLab.open();
                DatagramSocket client = lab.clients.call(() -> new DatagramSocket())) {
            DatagramPacket empty = new DatagramPacket(new byte[0], 0, lab.deviceAddress(), 5000);
            client.send(empty);
            int channel = lab.device.nextOpen().channel();
            lab.device.accept(channel, ScriptedDevice.PLENTY);
            assertThat(lab.device.next()).isEqualTo(data(channel, ""));
            client.send(empty);
            assertThat(lab.device.next()).isEqualTo(data(channel, ""));
        }
    }

    @Test
    void eachPortOfAClientAndOfTheDeviceIsAFlowOfItsOwn() throws Exception {
        try (SiteLab lab = SiteLab.open();
                DatagramSocket first = lab.datagrams(lab.clients, 5000);
                DatagramSocket second = lab.datagrams(lab.clients, 5000);
                DatagramSocket third = lab.datagrams(lab.clients, 5001)) {
            Map<Integer, DatagramSocket> clients = new HashMap<>();
            for (DatagramSocket client : new DatagramSocket[] {first, second, third}) {
                send(client, text("from " + client.getLocalPort()));
                Message.Open open = lab.device.nextOpen();
                lab.device.accept(open.channel(), ScriptedDevice.PLENTY);
                assertThat(lab.device.next()).isEqualTo(data(open.channel(), "from " + client.getLocalPort()));
                clients.put(open.channel(), client);
            }
            assertThat(clients).hasSize(3);
            for (int round = 0; round < 100; round++) {
                for (Map.Entry<Integer, DatagramSocket> flow : clients.entrySet()) {
                    int channel = flow.getKey();
                    DatagramSocket client = flow.getValue();
                    lab.device.say(data(channel, "to " + channel + ", " + round));
                    assertThat(receive(client)).asString().isEqualTo("to " + channel + ", " + round);
                    send(client, text("back " + round));
                    assertThat(lab.device.next()).isEqualTo(data(channel, "back " + round));
                }
            }
            assertThat(lab.stats().clients()).isEqualTo(3);
        }
    }

    @Test
    void waitsForCreditForAWholeDatagram() throws Exception {
        try (SiteLab lab = SiteLab.open();
                DatagramSocket client = lab.datagrams(lab.site, 5000)) {
            send(client, text("12345"));
            int channel = lab.device.nextOpen().channel();
            lab.device.accept(channel, 4);
            assertThat(lab.device.poll(QUIET_MILLIS)).isNull();
            lab.device.say(new Message.Credit(channel, 2));
            assertThat(lab.device.next()).isEqualTo(data(channel, "12345"));
            send(client, text("67"));
            assertThat(lab.device.poll(QUIET_MILLIS)).isNull();
            lab.device.say(new Message.Credit(channel, 1));
            assertThat(lab.device.next()).isEqualTo(data(channel, "67"));
        }
    }

    @Test
    void dropsWhatFitsNoFrame() throws Exception {
        try (SiteLab lab = SiteLab.open();
                DatagramSocket client = lab.datagrams(lab.site, 5000)) {
            send(client, new byte[ScriptedDevice.FRAME_BYTES + 1]);
            int channel = lab.device.nextOpen().channel();
            lab.device.accept(channel, ScriptedDevice.PLENTY);
            send(client, new byte[ScriptedDevice.FRAME_BYTES + 1]);
            send(client, new byte[ScriptedDevice.FRAME_BYTES]);
            assertThat(lab.device.next()).isEqualTo(ScriptedDevice.data(channel, new byte[ScriptedDevice.FRAME_BYTES]));
            assertThat(lab.stats().datagramsDropped()).isEqualTo(2);
        }
    }

    @Test
    void grantsAgainWhatTheClientHasGot() throws Exception {
        try (SiteLab lab = SiteLab.open(SiteOptions.HONEST.windowBytes(1000));
                DatagramSocket client = lab.datagrams(lab.site, 5000)) {
            send(client, text("x"));
            int channel = lab.device.nextOpen().channel();
            lab.device.accept(channel, 1);
            lab.device.read(channel, 1);
            for (int i = 0; i < 100; i++) {
                lab.device.write(channel, text("0123456789".repeat(10)));
                assertThat(receive(client)).hasSize(100);
            }
            // What comes without credit is dropped, and the flow goes on.
            lab.device.say(ScriptedDevice.data(channel, new byte[1001]), data(channel, "x"));
            assertThat(receive(client)).asString().isEqualTo("x");
            assertThat(lab.stats().deviceFaults()).isOne();
        }
    }

    @Test
    void endsAFlowInWhichNothingGoes() throws Exception {
        try (SiteLab lab = SiteLab.open(SiteOptions.HONEST.idleUdp(Duration.ofMillis(500)));
                DatagramSocket client = lab.datagrams(lab.site, 5000)) {
            send(client, text("x"));
            int channel = lab.device.nextOpen().channel();
            lab.device.accept(channel, ScriptedDevice.PLENTY);
            lab.device.read(channel, 1);
            assertThat(lab.device.next()).isEqualTo(close(channel, CloseHow.END_OF_STREAM));
            assertThat(lab.stats().channels()).isOne(); // the device has not closed
            send(client, text("y"));
            Message.Open next = lab.device.nextOpen();
            assertThat(next.channel()).isNotEqualTo(channel);
            assertThat(next.clientPort()).isEqualTo(client.getLocalPort());
            lab.device.say(close(channel, CloseHow.END_OF_STREAM));
            Awaitility.await()
                    .untilAsserted(() -> assertThat(lab.stats().channels()).isOne());
        }
    }

    @Test
    void anyCloseOfTheDeviceEndsAFlowAndIsAnswered() throws Exception {
        try (SiteLab lab = SiteLab.open();
                DatagramSocket client = lab.datagrams(lab.site, 5000)) {
            for (CloseHow how : CloseHow.values()) {
                send(client, text("x"));
                int channel = lab.device.nextOpen().channel();
                lab.device.accept(channel, ScriptedDevice.PLENTY);
                lab.device.read(channel, 1);
                lab.device.say(close(channel, how));
                assertThat(lab.device.next()).isEqualTo(close(channel, how));
                awaitNoClients(lab);
            }
        }
    }

    @Test
    void aRefusedFlowIsAskedForAgainWithTheNextDatagram() throws Exception {
        try (SiteLab lab = SiteLab.open();
                DatagramSocket client = lab.datagrams(lab.site, 5000)) {
            for (OpenStatus status : new OpenStatus[] {OpenStatus.REFUSED, OpenStatus.LIMIT}) {
                send(client, text("x"));
                int channel = lab.device.nextOpen().channel();
                lab.device.say(new Message.Opened(channel, status, 0));
                awaitNoClients(lab);
            }
            assertThat(lab.stats().refusals()).isEqualTo(2);
        }
    }

    /** Its host says so by an ICMP message. */
    @Test
    void aClientThatListensNoMoreIsResetForTheDevice() throws Exception {
        try (SiteLab lab = SiteLab.open()) {
            int channel;
            try (DatagramSocket client = lab.datagrams(lab.clients, 5000)) {
                send(client, text("x"));
                channel = lab.device.nextOpen().channel();
                lab.device.accept(channel, ScriptedDevice.PLENTY);
                lab.device.read(channel, 1);
            }
            lab.device.say(data(channel, "who is there"));
            assertThat(lab.device.next()).isEqualTo(close(channel, CloseHow.RESET));
            lab.device.say(close(channel, CloseHow.RESET));
            awaitNoClients(lab);
        }
    }

    @Test
    void theEndOfTheSessionEndsItsFlows() throws Exception {
        try (SiteLab lab = SiteLab.open();
                DatagramSocket client = lab.datagrams(lab.site, 5000)) {
            send(client, text("x"));
            lab.device.accept(lab.device.nextOpen().channel(), ScriptedDevice.PLENTY);
            lab.device.close();
            awaitNoClients(lab);
            send(client, text("nobody hears"));
            Awaitility.await()
                    .untilAsserted(() -> assertThat(lab.stats().withoutDevice()).isOne());
            client.setSoTimeout((int) QUIET_MILLIS);
            assertThatThrownBy(() -> receive(client)).isInstanceOf(SocketTimeoutException.class);

            try (ScriptedDevice next = ScriptedDevice.connect(lab.site, lab.server.address())) {
                send(client, text("y"));
                int channel = next.nextOpen().channel();
                next.accept(channel, ScriptedDevice.PLENTY);
                assertThat(next.next()).isEqualTo(data(channel, "y"));
            }
        }
    }
}
