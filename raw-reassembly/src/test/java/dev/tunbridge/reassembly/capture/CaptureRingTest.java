package dev.tunbridge.reassembly.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tunbridge.linux.Errno;
import dev.tunbridge.linux.Interfaces;
import dev.tunbridge.linux.LinuxException;
import dev.tunbridge.linux.TunInterface;
import dev.tunbridge.linux.TunKind;
import dev.tunbridge.reassembly.wire.TcpView;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.nio.NioIoHandler;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CaptureRingTest {
    private static final int BYTES = 3_000_000;

    private TestNamespace near;
    private TestNamespace far;
    private EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());

    @BeforeEach
    void connectNamespaces() throws Exception {
        near = TestNamespace.make();
        far = TestNamespace.make();
        near.connect(far);
    }

    @AfterEach
    void removeNamespaces() throws Exception {
        group.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
        near.close();
        far.close();
    }

    @ParameterizedTest
    @CsvSource({
        "epoll, 198.18.0.1, 198.18.0.2", "epoll, 2001:2::1, 2001:2::2",
        "nio, 198.18.0.1, 198.18.0.2", "nio, 2001:2::1, 2001:2::2"
    })
    void seesTheWholeInboundStreamAndNothingElse(String loop, String nearAddress, String farAddress) throws Exception {
        loopOf(loop);
        byte[] sent = randomBytes();
        try (TcpPair pair = TcpPair.prepare(near, nearAddress, far, farAddress);
                TcpPair other = TcpPair.prepare(near, nearAddress, far, farAddress);
                CaptureRing ring =
                        near.call(() -> CaptureRing.open(CaptureOptions.of(new CaptureFilter.Inbound(pair.path()))
                                .on("v0")
                                .withRingBytes(1 << 24)))) {
            LiveRecorder recorder = new LiveRecorder(ring, group.next(), 3);
            long before = System.nanoTime();
            assertThat(other.receive(randomBytes())).isNotEmpty();
            sendDatagrams(farAddress, nearAddress, pair.path().local().getPort());
            assertThat(pair.receive(sent)).isEqualTo(sent);

            List<Seen> seen = recorder.await(CaptureRingTest::hasFin);
            int remotePort = pair.path().remote().getPort();
            assertThat(Seen.stream(seen, remotePort, BYTES)).isEqualTo(sent);
            long after = System.nanoTime();
            int index = near.call(() -> Interfaces.index("v0"));
            long last = before;
            for (Seen each : seen) {
                assertThat(each.tcp().sourcePort()).isEqualTo(remotePort);
                assertThat(each.tcp().destinationPort())
                        .isEqualTo(pair.path().local().getPort());
                assertThat(each.outgoing()).isFalse();
                assertThat(each.interfaceIndex()).isEqualTo(index);
                assertThat(each.wireLength()).isEqualTo(each.bytes().length);
                assertThat(each.timeNanos()).isBetween(before, after);
                last = each.timeNanos();
            }
            assertThat(last).isGreaterThan(before);
            CaptureCounters counters = recorder.counters();
            assertThat(counters.captured()).isGreaterThanOrEqualTo(seen.size());
            assertThat(counters.dropped() + counters.truncated()).isZero();
        }
    }

    @Test
    void bringsSuperPacketsWholeAndMarksTheirUnfinishedChecksums() throws Exception {
        loopOf("epoll");
        byte[] sent = randomBytes();
        try (TcpPair pair = TcpPair.prepare(near, "198.18.0.1", far, "198.18.0.2");
                CaptureRing ring =
                        near.call(() -> CaptureRing.open(CaptureOptions.of(new CaptureFilter.Inbound(pair.path()))
                                .withRingBytes(1 << 24)))) {
            LiveRecorder recorder = new LiveRecorder(ring, group.next(), 64);
            pair.receive(sent);
            List<Seen> seen = recorder.await(CaptureRingTest::hasFin);
            assertThat(seen).anyMatch(each -> each.bytes().length > 30_000);
            assertThat(seen).allSatisfy(CaptureRingTest::hasTheChecksumThatItSays);
            assertThat(seen).anyMatch(Seen::checksumUnfinished);
        }
    }

    private static void hasTheChecksumThatItSays(Seen seen) {
        if (seen.checksumUnfinished()) {
            assertThat(seen.holdsPseudoHeaderSum()).isTrue();
        } else {
            assertThat(seen.ip().payloadChecksumValid()).isTrue();
        }
    }

    @Test
    void finishedChecksumsAreNotMarked() throws Exception {
        loopOf("epoll");
        far.exec("ethtool", "-K", "v0", "tx", "off", "tso", "off", "gso", "off");
        byte[] sent = randomBytes();
        try (TcpPair pair = TcpPair.prepare(near, "198.18.0.1", far, "198.18.0.2");
                CaptureRing ring =
                        near.call(() -> CaptureRing.open(CaptureOptions.of(new CaptureFilter.Inbound(pair.path()))
                                .withRingBytes(1 << 24)))) {
            LiveRecorder recorder = new LiveRecorder(ring, group.next(), 64);
            pair.receive(sent);
            List<Seen> seen = recorder.await(CaptureRingTest::hasFin);
            assertThat(seen)
                    .noneMatch(Seen::checksumUnfinished)
                    .allMatch(each -> each.ip().payloadChecksumValid());
        }
    }

    @ParameterizedTest
    @CsvSource({"127.0.0.1", "::1"})
    void seesBothDirectionsOfAConnectionOnceEachAlsoOnLoopback(String address) throws Exception {
        loopOf("epoll");
        byte[] sent = randomBytes();
        try (TcpPair pair = TcpPair.prepare(near, address, near, address);
                CaptureRing ring =
                        near.call(() -> CaptureRing.open(CaptureOptions.of(new CaptureFilter.Connection(pair.path()))
                                .withRingBytes(1 << 24)))) {
            LiveRecorder recorder = new LiveRecorder(ring, group.next(), 16);
            pair.receive(sent);
            List<Seen> seen = recorder.await(CaptureRingTest::hasFin);
            int remotePort = pair.path().remote().getPort();
            assertThat(seen).allMatch(each -> each.outgoing() == (each.tcp().destinationPort() == remotePort));
            assertThat(seen).anyMatch(Seen::outgoing).anyMatch(each -> !each.outgoing());
            assertThat(Seen.stream(seen, remotePort, BYTES)).isEqualTo(sent);
            assertThat(seen.stream().filter(each -> each.tcp().hasFlags(TcpView.SYN)))
                    .hasSize(2);
        }
    }

    @Test
    void countsWhatDidNotFitAndStaysInOrder() throws Exception {
        try (TunInterface tun = near.tun("tbc0", TunKind.TUN);
                CaptureRing ring = near.call(() -> CaptureRing.open(CaptureOptions.of(new CaptureFilter.Everything())
                        .on("tbc0")
                        .withRingBytes(CaptureOptions.MIN_RING_BYTES)))) {
            int slots = CaptureOptions.MIN_RING_BYTES / 2 / CaptureRing.SLOT_BYTES;
            int packets = slots + 10;
            writeNumbered(tun, 0, packets);
            List<Integer> numbers = new ArrayList<>();
            drainAll(ring, numbers);
            assertThat(numbers).hasSize(slots);
            assertThat(ring.counters()).isEqualTo(new CaptureCounters(packets, 10, 0));

            writeNumbered(tun, packets, 2 * slots / 3);
            drainAll(ring, numbers);
            writeNumbered(tun, packets + 2 * slots / 3, 2 * slots / 3);
            drainAll(ring, numbers);
            assertThat(numbers).isSorted().hasSize(slots + 2 * (2 * slots / 3));
            assertThat(ring.counters().dropped()).isEqualTo(10);
        }
    }

    @Test
    void packetsLongerThanASlotKeepTheirPlaceAndOnesBeyondTheQueueAreCut() throws Exception {
        far.run("link set v0 mtu 9000");
        near.run("link set v0 mtu 9000");
        int pairs = 15;
        try (DatagramSocket to = near.call(() -> new DatagramSocket(new InetSocketAddress("198.18.0.1", 0)));
                DatagramSocket from = far.call(() -> new DatagramSocket(new InetSocketAddress("198.18.0.2", 0)));
                CaptureRing ring = near.call(() -> CaptureRing.open(CaptureOptions.of(new CaptureFilter.Everything())
                        .on("v0")
                        .withRingBytes(CaptureOptions.MIN_RING_BYTES)))) {
            from.connect(to.getLocalSocketAddress());
            List<Integer> expected = new ArrayList<>();
            for (int i = 0; i < pairs; i++) {
                from.send(new DatagramPacket(new byte[8_000], 8_000));
                from.send(new DatagramPacket(new byte[10], 10));
                expected.addAll(List.of(8_028, 38));
            }
            List<Seen> seen = drainDatagrams(ring, to.getLocalPort());
            List<Seen> cut = seen.stream()
                    .filter(each -> each.bytes().length < each.wireLength())
                    .toList();
            assertThat(seen).extracting(Seen::wireLength).isEqualTo(expected);
            assertThat(cut).isNotEmpty().hasSizeLessThan(pairs);
            assertThat(seen.get(0).bytes()).hasSize(8_028);
            assertThat(ring.counters().truncated()).isEqualTo(cut.size());

            from.send(new DatagramPacket(new byte[8_500], 8_500));
            assertThat(drainDatagrams(ring, to.getLocalPort()).get(0).bytes()).hasSize(8_528);
        }
    }

    private static List<Seen> drainDatagrams(CaptureRing ring, int port) throws Exception {
        List<Seen> seen = new ArrayList<>();
        ring.drain(
                segment -> {
                    // Its 28 bytes of headers are there even where the rest is cut.
                    if (segment.buffer().getUnsignedShort(segment.index() + 22) == port) {
                        seen.add(Seen.copyOf(segment));
                    }
                },
                Integer.MAX_VALUE);
        return seen;
    }

    @Test
    void survivesAnInterfaceThatGoesDownAndReportsOneThatIsRemoved() throws Exception {
        TunInterface tun = near.tun("tbc0", TunKind.TUN);
        try (CaptureRing ring = near.call(() -> CaptureRing.open(
                CaptureOptions.of(new CaptureFilter.Everything()).on("tbc0")))) {
            List<Integer> numbers = new ArrayList<>();
            near.run("link set tbc0 down");
            drainAll(ring, numbers);
            near.run("link set tbc0 up");
            writeNumbered(tun, 0, 3);
            drainAll(ring, numbers);
            assertThat(numbers).containsExactly(0, 1, 2);
            tun.close();
            assertThatThrownBy(() -> drainAll(ring, numbers))
                    .isInstanceOfSatisfying(
                            LinuxException.class,
                            failure -> assertThat(failure.errno()).isEqualTo(Errno.ENODEV))
                    .hasMessageContaining("tbc0");
        } finally {
            tun.close();
        }
    }

    @Test
    void mayBeClosedByTheHandlerThatItCalls() throws Exception {
        try (TunInterface tun = near.tun("tbc0", TunKind.TUN)) {
            CaptureRing ring = near.call(() -> CaptureRing.open(
                    CaptureOptions.of(new CaptureFilter.Everything()).on("tbc0")));
            writeNumbered(tun, 0, 5);
            List<Seen> seen = new ArrayList<>();
            int drained = ring.drain(
                    segment -> {
                        ring.close();
                        seen.add(Seen.copyOf(segment));
                    },
                    5);
            assertThat(drained).isEqualTo(1);
            assertThat(seen).hasSize(1);
            assertThat(ring.drain(segment -> seen.clear(), 5)).isZero();
            assertThat(ring.counters().captured()).isEqualTo(5);
        }
    }

    @Test
    void namesAnInterfaceThatIsNotThere() {
        assertThatThrownBy(() -> near.call(() -> CaptureRing.open(
                        CaptureOptions.of(new CaptureFilter.Everything()).on("nonesuch"))))
                .hasMessage("if_nametoindex nonesuch: ENODEV (no such device)");
    }

    @Test
    void saysThatItIsForbiddenWithoutTheCapability() throws Exception {
        assertThatThrownBy(() -> near.call(() -> {
                    Capabilities.dropNetRawFromThisThread();
                    return CaptureRing.open(CaptureOptions.of(new CaptureFilter.Everything()));
                }))
                .isInstanceOfSatisfying(
                        LinuxException.class,
                        failure -> assertThat(failure.isForbidden()).isTrue())
                .hasMessageContaining("CAP_NET_RAW");
    }

    @Test
    void refusesRingsOutOfBounds() {
        CaptureOptions options = CaptureOptions.of(new CaptureFilter.Everything());
        assertThatThrownBy(() -> options.withRingBytes(4_096))
                .hasMessage("ringBytes: 4096 is not valid; allowed: 131072 to 268435456");
    }

    private static boolean hasFin(List<Seen> seen) {
        return seen.stream().anyMatch(each -> !each.outgoing() && each.tcp().hasFlags(TcpView.FIN));
    }

    private void sendDatagrams(String from, String to, int port) throws Exception {
        try (DatagramSocket socket = far.call(() -> new DatagramSocket(new InetSocketAddress(from, 0)))) {
            socket.send(new DatagramPacket(new byte[100], 100, InetAddress.getByName(to), port));
        }
    }

    private static void writeNumbered(TunInterface tun, int first, int count) throws Exception {
        byte[] packet = new byte[28];
        packet[0] = 0x45;
        packet[3] = 28;
        for (int i = first; i < first + count; i++) {
            packet[4] = (byte) (i >> 8);
            packet[5] = (byte) i;
            CaptureFilterTest.write(tun, packet);
        }
    }

    private static void drainAll(CaptureRing ring, List<Integer> numbers) throws Exception {
        int drained;
        do {
            drained = ring.drain(segment -> numbers.add(segment.buffer().getUnsignedShort(segment.index() + 4)), 7);
        } while (drained > 0);
    }

    private static byte[] randomBytes() {
        byte[] bytes = new byte[BYTES];
        new Random(BYTES).nextBytes(bytes);
        return bytes;
    }

    private void loopOf(String kind) {
        Assumptions.assumeTrue(kind.equals("nio") || Epoll.isAvailable(), "needs Netty's native epoll");
        IoHandlerFactory factory = kind.equals("nio") ? NioIoHandler.newFactory() : EpollIoHandler.newFactory();
        group.shutdownGracefully(0, 5, TimeUnit.SECONDS);
        group = new MultiThreadIoEventLoopGroup(1, factory);
    }
}
