package dev.tunbridge.sim.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tunbridge.sim.link.LinkEvent;
import dev.tunbridge.sim.link.LinkOption;
import dev.tunbridge.sim.link.LinkProfile;
import dev.tunbridge.sim.link.UserSpaceLink;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LinkInLabTest {
    private static final int ECHO_PORT = 7;

    /** The kernel reports its multicast groups (MLD) a few times after a device is up, whatever is configured. */
    private static final long MULTICAST_REPORTS = 6;

    @SuppressWarnings("NullAway.Init")
    private Lab lab;

    @SuppressWarnings("NullAway.Init")
    private LabNamespace left;

    @SuppressWarnings("NullAway.Init")
    private LabNamespace right;

    @BeforeEach
    void openLab() throws IOException {
        Lab.unavailable().ifPresent(reason -> Assumptions.abort("needs root: " + reason));
        lab = Lab.open();
        left = lab.namespace("left");
        right = lab.namespace("right");
    }

    @AfterEach
    void closeLab() {
        if (lab != null) {
            lab.close();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"198.18.0.2", "2001:2::2"})
    void delaysByBothDirections(String address) throws Exception {
        UserSpaceLink link = connect("ab.delay=10ms", "ba.delay=5ms");
        double[] millis = echoTimes(address, 50, Duration.ofSeconds(1));
        assertThat(millis).hasSize(50);
        assertThat(millis[0]).isGreaterThanOrEqualTo(15);
        // On a busy machine some are late; the median says whether the link itself is.
        assertThat(millis[25]).isBetween(15.0, 17.5);
        assertThat(link.ab().packets(LinkEvent.DELIVERED)).isBetween(50L, 50L + MULTICAST_REPORTS);
        assertThat(link.ba().packets(LinkEvent.DELIVERED)).isBetween(50L, 50L + MULTICAST_REPORTS);
    }

    @Test
    void changesWhileItRuns() throws Exception {
        UserSpaceLink link = connect();
        assertThat(echoTimes("198.18.0.2", 5, Duration.ofSeconds(1))).hasSize(5);
        link.change(LinkProfile.CLEAR.with(List.of("ba.loss=100")));
        assertThat(echoTimes("198.18.0.2", 5, Duration.ofMillis(20))).isEmpty();
        assertThat(link.ba().packets(LinkEvent.LOST)).isBetween(5L, 5L + MULTICAST_REPORTS);
        link.change(LinkProfile.CLEAR);
        assertThat(echoTimes("198.18.0.2", 5, Duration.ofSeconds(1))).hasSize(5);
        link.blackOutFor(Duration.ofSeconds(30));
        assertThat(echoTimes("198.18.0.2", 5, Duration.ofMillis(20))).isEmpty();
        assertThat(link.ab().packets(LinkEvent.BLACKED_OUT)).isBetween(5L, 5L + MULTICAST_REPORTS);
    }

    @Test
    void isDarkForAllThatIsSentOnceTheCallHasReturned() throws Exception {
        UserSpaceLink link = connect();
        assertThat(echoTimes("198.18.0.2", 1, Duration.ofSeconds(1))).hasSize(1); // the neighbours know each other
        try (DatagramSocket sender = left.call(DatagramSocket::new)) {
            InetSocketAddress nobody = new InetSocketAddress("198.18.0.2", 9);
            for (int i = 0; i < 300; i++) {
                long lost = link.ab().packets(LinkEvent.BLACKED_OUT);
                link.blackOutFor(Duration.ofSeconds(30));
                sender.send(new DatagramPacket(new byte[8], 8, nobody));
                Awaitility.await("datagram " + i + " lost in the dark")
                        .atMost(Duration.ofSeconds(10))
                        .pollInterval(Duration.ofMillis(1))
                        .until(() -> link.ab().packets(LinkEvent.BLACKED_OUT) > lost);
                link.blackOutFor(Duration.ZERO);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"veth", "clear", "wan0", "low", "medium", "high", "baseline"})
    void carriesTcpOnEveryProfile(String name) throws Exception {
        lab.connect(left.at("x0", "198.18.0.1/30"), right.at("x0", "198.18.0.2/30"), LinkProfile.named(name), 42);
        TcpTransfer transfer = TcpTransfer.run(left, right, "198.18.0.2", 1 << 20);
        assertThat(transfer.intact()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void dropsExactlyTheSegmentsThatCarryTheBytes(boolean receiveOffload) throws Exception {
        LinkProfile profile =
                LinkProfile.CLEAR.with(List.of("delay=2ms", "ab.drop.bytes=1,50000,100000", "drop.port=7000"));
        LinkOption[] options = receiveOffload ? new LinkOption[] {LinkOption.RECEIVE_OFFLOAD} : new LinkOption[0];
        UserSpaceLink link = (UserSpaceLink)
                lab.connect(left.at("x0", "198.18.0.1/30"), right.at("x0", "198.18.0.2/30"), profile, 1, options);
        assertThat(TcpTransfer.run(left, right, "198.18.0.2", 1 << 20).intact()).isTrue();
        assertThat(link.ab().packets(LinkEvent.DROPPED_EXACTLY)).isEqualTo(3);
        assertThat(link.ba().packets(LinkEvent.DROPPED_EXACTLY)).isZero();
    }

    @Test
    void keepsTheRateAndBoundsTheQueue() throws Exception {
        UserSpaceLink link = connect("rate=20mbit", "queue=60kB", "delay=2ms");
        TcpTransfer transfer = TcpTransfer.run(left, right, "198.18.0.2", 2 << 20);
        assertThat(transfer.intact()).isTrue();
        // 20 Mbit/s of frames are 19.1 of data. The kernel's queue may empty now and then, the line is never faster.
        assertThat(transfer.megabitsPerSecond()).isBetween(10.0, 19.3);
        assertThat(link.ab().packets(LinkEvent.NO_BUFFER)).isZero();
    }

    @Test
    void corruptionIsFoundByTheKernel() throws Exception {
        UserSpaceLink link = connect("corrupt=2");
        assertThat(TcpTransfer.run(left, right, "198.18.0.2", 1 << 20).intact()).isTrue();
        assertThat(link.ab().packets(LinkEvent.CORRUPTED)).isPositive();
    }

    @Test
    void endsWithAReasonWhenItsDeviceIsTakenAway() throws Exception {
        UserSpaceLink link = connect();
        left.run(Duration.ofSeconds(10), "ip", "link", "del", "dev", "x0");
        assertThatThrownBy(link::awaitEnd).isInstanceOf(IOException.class).hasMessageStartingWith("link ended: ");
        link.close();
    }

    @Test
    void saysClearlyWhereTheKernelHasNoNetem() throws Exception {
        String tried = left.run(
                        Duration.ofSeconds(10), "tc", "qdisc", "add", "dev", "lo", "root", "netem", "delay", "1ms")
                .errors();
        Assumptions.assumeFalse(tried.isEmpty(), "this kernel has netem");
        assertThatThrownBy(() -> lab.connect(
                        left.at("x0", "198.18.0.1/30"),
                        right.at("x0", "198.18.0.2/30"),
                        LinkProfile.named("wan1"),
                        1,
                        LinkOption.NETEM))
                .hasMessage("this kernel has no netem (sch_netem); use the shaper tap");
        assertThat(left.run(Duration.ofSeconds(10), "ip", "link", "show", "dev", "x0")
                        .isSuccess())
                .isFalse();
    }

    private UserSpaceLink connect(String... settings) throws Exception {
        return (UserSpaceLink) lab.connect(
                left.at("x0", "198.18.0.1/30", "2001:2::1/64"),
                right.at("x0", "198.18.0.2/30", "2001:2::2/64"),
                LinkProfile.CLEAR.with(List.of(settings)),
                42);
    }

    /** Round trips of datagrams in milliseconds, sorted; those without an answer are missing. */
    private double[] echoTimes(String address, int count, Duration patience) throws Exception {
        try (DatagramSocket server = right.call(
                        () -> new DatagramSocket(new InetSocketAddress(InetAddress.getByName(address), ECHO_PORT)));
                DatagramSocket client = left.call(() -> new DatagramSocket())) {
            Thread echo = right.newThread(() -> echo(server));
            echo.start();
            client.setSoTimeout((int) patience.toMillis());
            double[] times = Stream.generate(() -> roundTripMillis(client, server))
                    .limit(count)
                    .mapToDouble(Double::doubleValue)
                    .filter(time -> time >= 0)
                    .sorted()
                    .toArray();
            return Arrays.copyOf(times, times.length);
        }
    }

    private static double roundTripMillis(DatagramSocket client, DatagramSocket server) {
        try {
            long start = System.nanoTime();
            client.send(new DatagramPacket(new byte[100], 100, server.getLocalSocketAddress()));
            client.receive(new DatagramPacket(new byte[100], 100));
            return (System.nanoTime() - start) / 1e6;
        } catch (SocketTimeoutException e) {
            return -1;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static void echo(DatagramSocket server) {
        try {
            DatagramPacket packet = new DatagramPacket(new byte[2048], 2048);
            while (true) {
                server.receive(packet);
                server.send(packet);
            }
        } catch (IOException e) {
            // Closed: the test is over.
        }
    }
}
