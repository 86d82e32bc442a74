package dev.tunbridge.sim.e2e;

import static dev.tunbridge.sim.e2e.InnerFlow.darken;
import static dev.tunbridge.sim.e2e.InnerFlow.darkenUplink;
import static dev.tunbridge.sim.e2e.InnerFlow.lighten;
import static dev.tunbridge.sim.e2e.InnerFlow.lightenUplink;
import static dev.tunbridge.sim.e2e.InnerFlow.loseOnePacketBehind;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.reassembly.wire.SequenceNumber;
import dev.tunbridge.reassembly.wire.TcpView;
import dev.tunbridge.sim.scene.Family;
import dev.tunbridge.sim.scene.Scene;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.concurrent.TimeUnit;
import jdk.net.ExtendedSocketOptions;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Copies that Linux makes while the outer connection carries the original: which go on, as what, and which do not. */
class SuppressionRulesTest {
    private static final int BYTES = 500;

    /** Each try takes a second; what has to coincide does so in most of them. */
    private static final int TRIES = 12;

    @BeforeAll
    static void requireLab() {
        Scenes.requireLab();
    }

    @ParameterizedTest
    @EnumSource(Family.class)
    void dropsACopyOfDataThatIsStillCarried(Family family) throws Exception {
        try (Scene scene = InnerFlow.scene(family);
                InnerFlow flow = InnerFlow.open(scene)) {
            darken(scene);
            flow.write(BYTES);
            RecordedSegment original = flow.awaitData(BYTES);
            flow.awaitSent(3, segment -> segment.payloadLength() == BYTES);
            assertThat(flow.arrived()).noneMatch(segment -> segment.payloadLength() == BYTES);
            lighten(scene);
            flow.take(BYTES);
            List<Fate> ofThese = matching(flow.fates(), original.sequenceNumber());
            assertOnlyTheFirstArrived(ofThese);
            assertThat(flow.stats().copies()).isGreaterThanOrEqualTo(2);
        }
    }

    @ParameterizedTest
    @EnumSource(Family.class)
    void stripsACopyThatTellsAWiderWindow(Family family) throws Exception {
        int unread = 5_000;
        try (Scene scene = InnerFlow.scene(family);
                InnerFlow flow = InnerFlow.open(scene, 16_384)) {
            int widest = last(flow).window();
            flow.peer().getOutputStream().write(new byte[unread]);
            Awaitility.await()
                    .atMost(InnerFlow.LIMIT)
                    .until(() -> !flow.arrived().isEmpty()
                            && last(flow).isPureAcknowledgement()
                            && last(flow).window() != widest
                            && flow.device().getInputStream().available() == unread
                            && last(flow)
                                    .isSameAs(flow.arrived().get(flow.arrived().size() - 1)));
            darken(scene);
            flow.write(BYTES);
            RecordedSegment original = flow.awaitData(BYTES);
            // More than half of the window stands open, so that the kernel does not think it worth a segment of its
            // own.
            assertThat(flow.device().getInputStream().readNBytes(unread)).hasSize(unread);
            flow.awaitSent(3, segment -> segment.payloadLength() == BYTES);
            lighten(scene);
            flow.take(BYTES);
            List<Fate> fates = flow.fates();
            List<Fate> copies = matching(fates, original.sequenceNumber());
            assertThat(copies.get(0).isWhole()).isTrue();
            assertThat(copies.get(1).isStripped()).as("%s", copies).isTrue();
            assertIsAcknowledgementInItsPlace(copies.get(1));
            assertThat(copies.get(1).arrived().orElseThrow().window()).isGreaterThan(original.window());
            assertThat(copies.get(2).isDropped()).as("told already, %s", copies).isTrue();
            assertThat(flow.stats().acks()).isEqualTo(1);
        }
    }

    @Test
    void stripsACopyThatTellsANewAcknowledgement() throws Exception {
        try (Scene scene = InnerFlow.scene(Family.IPV4)) {
            long copyAfterNanos = TimeUnit.MILLISECONDS.toNanos(225);
            boolean stripped = false;
            for (int i = 0; i < TRIES && !stripped; i++) {
                try (InnerFlow flow = InnerFlow.open(scene)) {
                    darkenUplink(scene);
                    flow.write(BYTES);
                    // Linux delays an acknowledgement by 40 ms in hope of an answer: the copy has to find one due.
                    TimeUnit.NANOSECONDS.sleep(copyAfterNanos - TimeUnit.MILLISECONDS.toNanos(25));
                    flow.device().setOption(ExtendedSocketOptions.TCP_QUICKACK, false);
                    flow.peer().getOutputStream().write(1);
                    List<RecordedSegment> both = flow.awaitSent(2, segment -> segment.payloadLength() == BYTES);
                    copyAfterNanos = both.get(1).timeNanos() - both.get(0).timeNanos();
                    lightenUplink(scene);
                    flow.take(BYTES);
                    for (Fate fate : flow.fates()) {
                        if (fate.isStripped()) {
                            stripped = true;
                            assertIsAcknowledgementInItsPlace(fate);
                            assertThat(fate.sent().acknowledgementNumber())
                                    .isEqualTo(both.get(0).acknowledgementNumber() + 1);
                        }
                    }
                }
            }
            assertThat(stripped).as("%s", scene.stats().suppression()).isTrue();
            assertThat(scene.stats().suppression().orElseThrow().acks()).isPositive();
        }
    }

    private static void assertIsAcknowledgementInItsPlace(Fate stripped) {
        RecordedSegment acknowledgement = stripped.arrived().orElseThrow();
        assertThat(acknowledgement.isPureAcknowledgement()).isTrue();
        assertThat(acknowledgement.sequenceNumber())
                .as("behind all that was sent")
                .isEqualTo(stripped.sent().end());
    }

    private static RecordedSegment last(InnerFlow flow) {
        List<RecordedSegment> sent = flow.sent();
        return sent.get(sent.size() - 1);
    }

    @Test
    void trimsACopyToThePartThatWasLostBehindTheTunnel() throws Exception {
        Scenes.requireProgram("nft");
        int carried = 300;
        try (Scene scene = InnerFlow.scene(Family.IPV4);
                InnerFlow flow = InnerFlow.open(scene)) {
            for (int i = 0; i < TRIES && flow.stats().trimmed() == 0; i++) {
                loseOnePacketBehind(scene.serverSide(), "sim0", BYTES);
                int before = flow.arrived().size();
                flow.write(BYTES);
                flow.awaitArrived(segment ->
                        segment.payloadLength() == BYTES && flow.arrived().indexOf(segment) >= before);
                darken(scene);
                flow.write(carried);
                // Linux puts what it sends again into one segment (tcp_retrans_collapse).
                flow.awaitSent(i + 1, segment -> segment.payloadLength() == BYTES + carried);
                lighten(scene);
                flow.take(BYTES + carried);
            }
            assertThat(flow.stats().trimmed()).as("%s", flow.stats()).isPositive();
            List<Fate> fates = flow.fates();
            List<Fate> trimmed = fates.stream().filter(Fate::isTrimmed).toList();
            assertThat(trimmed).hasSize((int) flow.stats().trimmed());
            for (Fate fate : trimmed) {
                RecordedSegment part = fate.arrived().orElseThrow();
                assertThat(part.sequenceNumber()).isEqualTo(fate.sent().sequenceNumber());
                assertThat(part.payloadLength()).isEqualTo(BYTES);
                assertThat(part.hasFlags(TcpView.PSH)).isFalse();
            }
            RecordedSegment last = trimmed.get(trimmed.size() - 1).sent();
            assertThat(flow.arrived())
                    .as("what was carried came once")
                    .filteredOn(segment -> segment.payloadLength() > 0
                            && SequenceNumber.isAfter(segment.end(), SequenceNumber.add(last.sequenceNumber(), BYTES))
                            && SequenceNumber.isBefore(segment.sequenceNumber(), last.end()))
                    .hasSize(1);
        }
    }

    @ParameterizedTest
    @EnumSource(Family.class)
    void trimsACopyToThePartThatIsNew(Family family) throws Exception {
        int skipped = 200;
        try (Scene scene = InnerFlow.scene(family);
                InnerFlow flow = InnerFlow.open(scene);
                RawInnerSender raw = RawInnerSender.open(scene)) {
            darken(scene);
            flow.write(BYTES);
            RecordedSegment original = flow.awaitData(BYTES);
            int start = SequenceNumber.add(original.sequenceNumber(), skipped);
            int position = InnerFlow.EXCHANGES + skipped; // behind the bytes with which the flow began
            raw.send(original, start, InnerFlow.content(position, BYTES));
            flow.awaitSent(1, segment -> segment.sequenceNumber() == start);
            lighten(scene);
            flow.take(BYTES + skipped);
            List<Fate> fates = flow.fates();
            List<Fate> trimmed = fates.stream().filter(Fate::isTrimmed).toList();
            assertThat(trimmed).hasSize(1);
            RecordedSegment part = trimmed.get(0).arrived().orElseThrow();
            assertThat(part.sequenceNumber()).isEqualTo(original.end());
            assertThat(part.payloadLength()).isEqualTo(skipped);
        }
    }

    @Test
    void dropsACopyOfASyn() throws Exception {
        try (Scene scene = InnerFlow.scene(Family.IPV4);
                TunRecorder in = TunRecorder.intoTheTunnel(scene);
                TunRecorder out = TunRecorder.outOfTheTunnel(scene);
                ServerSocket service = listenAtServer(scene)) {
            darken(scene);
            try (SocketChannel client = connecting(scene, service, 0)) {
                InnerFlow.await(in, 2, segment -> segment.hasFlags(TcpView.SYN));
                lighten(scene);
                try (Socket accepted = service.accept()) {
                    assertThat(accepted.isConnected()).isTrue();
                }
                List<Fate> fates = InnerFlow.fates(scene, in, out);
                int start = fates.get(0).sent().sequenceNumber();
                assertOnlyTheFirstArrived(matching(fates, start));
                assertThat(client.isOpen()).isTrue();
            } finally {
                lighten(scene);
            }
        }
    }

    @Test
    void dropsACopyOfASynThatAnswersOne() throws Exception {
        try (Scene scene = InnerFlow.scene(Family.IPV4);
                TunRecorder in = TunRecorder.intoTheTunnel(scene);
                TunRecorder out = TunRecorder.outOfTheTunnel(scene);
                ServerSocket service = scene.deviceSide()
                        .call(() -> new ServerSocket(0, 1, scene.plan().inner().device()))) {
            darkenUplink(scene);
            try (SocketChannel client = scene.serverSide().call(() -> {
                SocketChannel channel = SocketChannel.open();
                channel.configureBlocking(false);
                channel.connect(service.getLocalSocketAddress());
                return channel;
            })) {
                InnerFlow.await(in, 3, segment -> segment.hasFlags(TcpView.SYN | TcpView.ACK));
                lightenUplink(scene);
                service.setSoTimeout((int) InnerFlow.LIMIT.toMillis());
                service.accept().close();
                assertThat(client.isOpen()).isTrue();
                List<Fate> fates = InnerFlow.fates(scene, in, out);
                assertOnlyTheFirstArrived(matching(fates, fates.get(0).sent().sequenceNumber()));
            }
        }
    }

    @Test
    void passesASynWithAnotherInitialSequenceNumber() throws Exception {
        try (Scene scene = InnerFlow.scene(Family.IPV4);
                TunRecorder in = TunRecorder.intoTheTunnel(scene);
                TunRecorder out = TunRecorder.outOfTheTunnel(scene);
                ServerSocket service = listenAtServer(scene)) {
            darken(scene);
            int port;
            try (SocketChannel first = connecting(scene, service, 0)) {
                port = ((InetSocketAddress) first.getLocalAddress()).getPort();
                InnerFlow.await(in, 1, segment -> segment.hasFlags(TcpView.SYN));
            }
            int firstNumber = in.segments().get(0).sequenceNumber();
            try (SocketChannel second = connecting(scene, service, port)) {
                RecordedSegment other = InnerFlow.await(
                                in,
                                1,
                                segment -> segment.hasFlags(TcpView.SYN) && segment.sequenceNumber() != firstNumber)
                        .get(0);
                assertThat(second.isOpen()).isTrue();
                assertThat(other.sourcePort()).isEqualTo(port);
                lighten(scene);
                InnerFlow.await(out, 1, segment -> segment.isSameAs(other));
                List<Fate> fates = InnerFlow.fates(scene, in, out);
                assertThat(matching(fates, firstNumber).get(0).isWhole()).isTrue();
                assertThat(matching(fates, other.sequenceNumber()).get(0).isWhole())
                        .isTrue();
            } finally {
                lighten(scene);
            }
        }
    }

    @Test
    void dropsACopyOfAFin() throws Exception {
        try (Scene scene = InnerFlow.scene(Family.IPV4);
                InnerFlow flow = InnerFlow.open(scene)) {
            darken(scene);
            flow.device().shutdownOutput();
            RecordedSegment original =
                    flow.awaitSent(3, segment -> segment.hasFlags(TcpView.FIN)).get(0);
            lighten(scene);
            assertThat(flow.peer().getInputStream().read()).isEqualTo(-1);
            assertOnlyTheFirstArrived(matching(flow.fates(), original.sequenceNumber()));
        }
    }

    /** All of these are one segment and its copies, and those from before it arrived were needless. */
    private static void assertOnlyTheFirstArrived(List<Fate> fates) {
        Fate original = fates.get(0);
        assertThat(original.isWhole()).as("%s", fates).isTrue();
        RecordedSegment arrived = original.arrived().orElseThrow();
        List<Fate> copies = fates.stream()
                .skip(1)
                .filter(fate -> arrived.isAfter(fate.sent()))
                .toList();
        assertThat(copies).as("copies that the sender made").isNotEmpty();
        assertThat(copies).allMatch(Fate::isDropped);
    }

    private static List<Fate> matching(List<Fate> fates, int sequenceNumber) {
        return fates.stream()
                .filter(fate -> fate.sent().sequenceNumber() == sequenceNumber
                        && fate.sent().sequenceLength() > 0)
                .toList();
    }

    private static ServerSocket listenAtServer(Scene scene) throws Exception {
        ServerSocket service = scene.serverSide()
                .call(() -> new ServerSocket(0, 2, scene.plan().inner().server()));
        service.setSoTimeout((int) InnerFlow.LIMIT.toMillis());
        return service;
    }

    /** @param port of the device, 0 for any */
    private static SocketChannel connecting(Scene scene, ServerSocket service, int port) throws Exception {
        return scene.deviceSide().call(() -> {
            SocketChannel channel = SocketChannel.open();
            channel.configureBlocking(false);
            channel.bind(new InetSocketAddress(scene.plan().inner().device(), port));
            channel.connect(service.getLocalSocketAddress());
            return channel;
        });
    }
}
