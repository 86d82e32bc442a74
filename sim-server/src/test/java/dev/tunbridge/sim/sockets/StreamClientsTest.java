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
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Real connections of clients to a server whose device says what the test wants. */
@Timeout(60)
class StreamClientsTest {
    /** In which what must not come would have come. */
    private static final long QUIET_MILLIS = 300;

    @BeforeEach
    void needsRoot() {
        Lab.unavailable().ifPresent(reason -> Assumptions.abort("needs root: " + reason));
    }

    private static byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    private static Message.Close close(int channel, CloseHow how) {
        return new Message.Close(channel, how);
    }

    private static void reset(Socket client) throws IOException {
        client.setSoLinger(true, 0);
        client.close();
    }

    private static void assertThatClientIsReset(Socket client) {
        assertThatThrownBy(() -> {
                    while (client.getInputStream().read() >= 0) {
                        // Up to the reset.
                    }
                })
                .isInstanceOf(SocketException.class)
                .hasMessageContaining("reset");
    }

    @ParameterizedTest
    @EnumSource(Family.class)
    void clientsOfThisHostAndOfOthersReachAnyPortByTheirOwnAddress(Family family) throws Exception {
        try (SiteLab lab = SiteLab.open(family, WriteMode.FRAME)) {
            for (int port : new int[] {1, 80, 7000, 65_535}) {
                for (LabNamespace host : new LabNamespace[] {lab.site, lab.clients}) {
                    try (Socket client = lab.connect(host, port)) {
                        InetAddress other = family == Family.IPV4 ? SiteLab.CLIENT_HOST : SiteLab.CLIENT_HOST_IPV6;
                        Message.Open open = lab.device.nextOpen();
                        assertThat(open.transport()).isEqualTo(Message.TCP);
                        assertThat(open.devicePort()).isEqualTo(port);
                        assertThat(open.clientAddress()).isEqualTo(host == lab.site ? lab.siteAddress() : other);
                        assertThat(open.clientPort()).isEqualTo(client.getLocalPort());
                        lab.device.say(new Message.Opened(open.channel(), OpenStatus.REFUSED, 0));
                        assertThatClientIsReset(client);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(WriteMode.class)
    void carriesMegabytesBothWaysAtOnce(WriteMode writeMode) throws Exception {
        byte[] up = bytes(8 << 20);
        byte[] down = bytes(up.length + 1);
        try (SiteLab lab = SiteLab.open(Family.IPV4, writeMode);
                Socket client = lab.connect(lab.clients, 80)) {
            int channel = lab.device.nextOpen().channel();
            lab.device.accept(channel, ScriptedDevice.PLENTY);
            CompletableFuture<byte[]> got = CompletableFuture.supplyAsync(
                    () -> unchecked(() -> client.getInputStream().readNBytes(down.length)));
            CompletableFuture<Boolean> written = CompletableFuture.supplyAsync(() -> unchecked(() -> {
                client.getOutputStream().write(up);
                return true;
            }));
            assertThat(lab.device.exchange(channel, down, up.length)).isEqualTo(up);
            assertThat(got.get()).isEqualTo(down);
            assertThat(written.get()).isTrue();
            assertThat(lab.stats().bytesFromDevice()).isEqualTo(down.length);
            assertThat(lab.stats().bytesToDevice()).isEqualTo(up.length);
            assertThat(lab.stats().deviceFaults()).isZero();
        }
    }

    private static <T> T unchecked(Callable<T> work) {
        try {
            return work.call();
        } catch (Exception e) {
            throw new CompletionException(e);
        }
    }

    @Test
    void whatAClientSendsBeforeTheAnswerWaitsWithItsEnd() throws Exception {
        try (SiteLab lab = SiteLab.open();
                Socket client = lab.connect(80)) {
            client.getOutputStream().write("early".getBytes(StandardCharsets.UTF_8));
            client.shutdownOutput();
            int channel = lab.device.nextOpen().channel();
            assertThat(lab.device.poll(QUIET_MILLIS)).isNull();

            lab.device.accept(channel, ScriptedDevice.PLENTY);
            assertThat(lab.device.read(channel, 5)).asString().isEqualTo("early");
            assertThat(lab.device.next()).isEqualTo(close(channel, CloseHow.END_OF_STREAM));

            byte[] answer = bytes(100_000);
            CompletableFuture<byte[]> got = CompletableFuture.supplyAsync(
                    () -> unchecked(() -> client.getInputStream().readAllBytes()));
            lab.device.write(channel, answer);
            lab.device.say(close(channel, CloseHow.END_OF_STREAM));
            assertThat(got.get()).isEqualTo(answer);
            awaitNoClients(lab);
        }
    }

    private static void awaitNoClients(SiteLab lab) {
        Awaitility.await().untilAsserted(() -> {
            assertThat(lab.stats().clients()).isZero();
            assertThat(lab.stats().channels()).isZero();
        });
    }

    @Test
    void theServiceMayEndFirstAndTheClientGoesOn() throws Exception {
        try (SiteLab lab = SiteLab.open();
                Socket client = lab.connect(80)) {
            int channel = lab.device.nextOpen().channel();
            lab.device.accept(channel, ScriptedDevice.PLENTY);
            lab.device.write(channel, bytes(10));
            lab.device.say(close(channel, CloseHow.END_OF_STREAM));
            assertThat(client.getInputStream().readAllBytes()).isEqualTo(bytes(10));

            client.getOutputStream().write(bytes(100_000));
            assertThat(lab.device.read(channel, 100_000)).isEqualTo(bytes(100_000));
            assertThat(lab.stats().channels()).isOne();
            client.shutdownOutput();
            assertThat(lab.device.next()).isEqualTo(close(channel, CloseHow.END_OF_STREAM));
            awaitNoClients(lab);
        }
    }

    @Test
    void aResetOfTheClientReachesTheDevice() throws Exception {
        try (SiteLab lab = SiteLab.open()) {
            Socket client = lab.connect(80);
            int channel = lab.device.nextOpen().channel();
            lab.device.accept(channel, ScriptedDevice.PLENTY);
            reset(client);
            assertThat(lab.device.next()).isEqualTo(close(channel, CloseHow.RESET));
            // Late: it was on its way when the reset came.
            lab.device.say(ScriptedDevice.data(channel, bytes(10)), new Message.Credit(channel, 10));
            assertThat(lab.stats().channels()).isOne();
            lab.device.say(close(channel, CloseHow.RESET));
            awaitNoClients(lab);
            assertThat(lab.device.poll(QUIET_MILLIS)).isNull();
            assertThat(lab.stats().resetsByClient()).isOne();
            assertThat(lab.stats().deviceFaults()).isZero();
        }
    }

    @Test
    void aClientMayGiveUpBeforeTheAnswerOrWhileItIsUnderWay() throws Exception {
        try (SiteLab lab = SiteLab.open()) {
            for (OpenStatus status : new OpenStatus[] {OpenStatus.REFUSED, OpenStatus.OPEN}) {
                Socket client = lab.connect(80);
                int channel = lab.device.nextOpen().channel();
                reset(client);
                assertThat(lab.device.next()).isEqualTo(close(channel, CloseHow.RESET));
                lab.device.say(new Message.Opened(channel, status, 100));
                if (status == OpenStatus.OPEN) {
                    lab.device.say(ScriptedDevice.data(channel, new byte[0]), close(channel, CloseHow.RESET));
                }
                awaitNoClients(lab);
                assertThat(lab.device.poll(QUIET_MILLIS)).isNull(); // nor credit
            }
            assertThat(lab.stats().deviceFaults()).isZero();
        }
    }

    @Test
    void aResetOfTheDeviceReachesTheClientAndIsAnsweredOnce() throws Exception {
        try (SiteLab lab = SiteLab.open();
                Socket first = lab.connect(80);
                Socket second = lab.connect(81)) {
            int channel = lab.device.nextOpen().channel();
            int other = lab.device.nextOpen().channel();
            lab.device.accept(channel, ScriptedDevice.PLENTY);
            lab.device.accept(other, ScriptedDevice.PLENTY);
            lab.device.say(close(channel, CloseHow.RESET));
            assertThatClientIsReset(first);
            assertThat(lab.device.next()).isEqualTo(close(channel, CloseHow.RESET));

            // Who has closed already does not answer.
            second.shutdownOutput();
            assertThat(lab.device.next()).isEqualTo(close(other, CloseHow.END_OF_STREAM));
            lab.device.say(close(other, CloseHow.RESET));
            assertThatClientIsReset(second);
            assertThat(lab.device.poll(QUIET_MILLIS)).isNull();
            awaitNoClients(lab);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = OpenStatus.class,
            names = {"REFUSED", "UNREACHABLE", "LIMIT"})
    void whatTheDeviceRefusesIsReset(OpenStatus status) throws Exception {
        try (SiteLab lab = SiteLab.open();
                Socket client = lab.connect(80)) {
            int channel = lab.device.nextOpen().channel();
            lab.device.say(new Message.Opened(channel, status, 0));
            assertThatClientIsReset(client);
            awaitNoClients(lab);
            assertThat(lab.device.poll(QUIET_MILLIS)).isNull();
            assertThat(lab.stats().refusals()).isOne();
        }
    }

    @Test
    void sendsNotOneByteMoreThanTheDeviceHasGranted() throws Exception {
        byte[] sent = bytes(100_000);
        try (SiteLab lab = SiteLab.open();
                Socket client = lab.connect(80)) {
            int channel = lab.device.nextOpen().channel();
            client.getOutputStream().write(sent);
            lab.device.accept(channel, 1000);
            assertThat(lab.device.read(channel, 1000)).isEqualTo(Arrays.copyOf(sent, 1000));
            assertThat(lab.device.poll(QUIET_MILLIS)).isNull();
            lab.device.say(new Message.Credit(channel, 1));
            assertThat(lab.device.read(channel, 1)).isEqualTo(Arrays.copyOfRange(sent, 1000, 1001));
            assertThat(lab.device.poll(QUIET_MILLIS)).isNull();

            // An end does not make it read what there is no credit for.
            client.shutdownOutput();
            assertThat(lab.device.poll(QUIET_MILLIS)).isNull();
            lab.device.say(new Message.Credit(channel, 98_000));
            assertThat(lab.device.read(channel, 98_000)).isEqualTo(Arrays.copyOfRange(sent, 1001, 99_001));
            assertThat(lab.device.poll(QUIET_MILLIS)).isNull();
            lab.device.say(new Message.Credit(channel, 999)); // to the byte: the end needs none
            assertThat(lab.device.read(channel, 999)).isEqualTo(Arrays.copyOfRange(sent, 99_001, 100_000));
            assertThat(lab.device.next()).isEqualTo(close(channel, CloseHow.END_OF_STREAM));
        }
    }

    @Test
    void grantsOnlyWhatTheClientsSocketHasTaken() throws Exception {
        int window = 32 * 1024;
        try (SiteLab lab = SiteLab.open(SiteOptions.HONEST.windowBytes(window));
                Socket client = lab.connect(80)) {
            int channel = lab.device.nextOpen().channel();
            lab.device.accept(channel, 0);
            assertThat(lab.device.credited).isEqualTo(window);
            // The client reads nothing: at some time its socket and ours are full.
            long sent = 0;
            while (sent < 64 << 20) {
                if (lab.device.credited == 0) {
                    Message more = lab.device.poll(QUIET_MILLIS);
                    if (more == null) {
                        break;
                    }
                    lab.device.credited += ((Message.Credit) more).bytes();
                }
                int piece = (int) Math.min(lab.device.credited, ScriptedDevice.FRAME_BYTES);
                lab.device.say(ScriptedDevice.data(channel, new byte[piece]));
                lab.device.credited -= piece;
                sent += piece;
            }
            assertThat(sent).isLessThan(64 << 20);
            assertThat(client.getInputStream().readNBytes((int) sent)).hasSize((int) sent);
            assertThat(((Message.Credit) lab.device.next()).bytes()).isBetween(1L, (long) window);
        }
    }

    /** A client that goes with something unread resets, which may have come when the device's end is passed on. */
    @Test
    void aClientThatResetsWhileTheDeviceEndsBreaksNothingElse() throws Exception {
        try (SiteLab lab = SiteLab.open()) {
            for (int round = 0; round < 300; round++) {
                Socket client = lab.connect(80);
                int channel = lab.device.nextOpen().channel();
                lab.device.accept(channel, ScriptedDevice.PLENTY);
                lab.device.say(ScriptedDevice.data(channel, bytes(10)));
                client.setSoLinger(true, 0);
                lab.device.say(close(channel, CloseHow.END_OF_STREAM));
                LockSupport.parkNanos(round % 100 * 3_000L);
                client.close();
                Message last = lab.device.next();
                while (last instanceof Message.Credit) {
                    last = lab.device.next();
                }
                assertThat(last).isEqualTo(close(channel, CloseHow.RESET));
            }
            try (Socket client = lab.connect(80)) {
                int channel = lab.device.nextOpen().channel();
                lab.device.accept(channel, ScriptedDevice.PLENTY);
                client.getOutputStream().write(7);
                assertThat(lab.device.read(channel, 1)).containsExactly(7);
            }
        }
    }

    @Test
    void aDeviceThatSendsWithoutCreditIsReset() throws Exception {
        try (SiteLab lab = SiteLab.open(SiteOptions.HONEST.windowBytes(1000));
                Socket client = lab.connect(80)) {
            int channel = lab.device.nextOpen().channel();
            lab.device.accept(channel, ScriptedDevice.PLENTY);
            lab.device.say(ScriptedDevice.data(channel, bytes(1001)));
            assertThat(lab.device.next()).isEqualTo(close(channel, CloseHow.RESET));
            assertThatClientIsReset(client);
            lab.device.say(close(channel, CloseHow.RESET));
            awaitNoClients(lab);
            assertThat(lab.stats().deviceFaults()).isOne();
        }
    }

    @Test
    void theEndOfTheSessionResetsItsClientsAndLaterOnesFindNobody() throws Exception {
        try (SiteLab lab = SiteLab.open();
                Socket open = lab.connect(80);
                Socket waiting = lab.connect(81);
                Socket draining = lab.connect(82)) {
            int first = lab.device.nextOpen().channel();
            lab.device.nextOpen();
            int last = lab.device.nextOpen().channel();
            lab.device.accept(first, ScriptedDevice.PLENTY);
            lab.device.accept(last, ScriptedDevice.PLENTY);
            draining.shutdownOutput();
            assertThat(lab.device.next()).isEqualTo(close(last, CloseHow.END_OF_STREAM));
            lab.device.write(last, bytes(200_000));
            lab.device.say(close(last, CloseHow.END_OF_STREAM));
            lab.device.close();

            assertThatClientIsReset(open);
            assertThatClientIsReset(waiting);
            // Its channel was over: all that was sent for it is the client's.
            assertThat(draining.getInputStream().readAllBytes()).isEqualTo(bytes(200_000));
            try (Socket late = lab.connect(80)) {
                assertThatClientIsReset(late);
            } catch (SocketException e) {
                assertThat(e).hasMessageContaining("reset"); // before it knew that it was connected
            }
            awaitNoClients(lab);
            assertThat(lab.stats().withoutDevice()).isOne();

            try (ScriptedDevice next = ScriptedDevice.connect(lab.site, lab.server.address());
                    Socket client = lab.connect(83)) {
                assertThat(next.nextOpen().clientPort()).isEqualTo(client.getLocalPort());
            }
        }
    }

    @Test
    void oneMoreClientThanAllowedWaitsForAPlace() throws Exception {
        try (SiteLab lab = SiteLab.open(SiteOptions.HONEST.clients(2));
                Socket first = lab.connect(80);
                Socket second = lab.connect(80);
                Socket third = lab.connect(80)) {
            int[] ports = {
                lab.device.nextOpen().clientPort(), lab.device.nextOpen().clientPort()
            };
            assertThat(ports).containsExactlyInAnyOrder(first.getLocalPort(), second.getLocalPort());
            assertThat(lab.device.poll(QUIET_MILLIS)).isNull();
            reset(first);
            assertThat(lab.device.next()).isInstanceOf(Message.Close.class);
            assertThat(lab.device.nextOpen().clientPort()).isEqualTo(third.getLocalPort());
        }
    }
}
