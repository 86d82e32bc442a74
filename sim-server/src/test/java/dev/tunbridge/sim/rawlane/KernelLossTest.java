package dev.tunbridge.sim.rawlane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.reassembly.capture.CaptureFilter;
import dev.tunbridge.reassembly.capture.CaptureOptions;
import dev.tunbridge.reassembly.capture.CaptureRing;
import dev.tunbridge.reassembly.recovery.LaneState;
import dev.tunbridge.reassembly.stream.Rejection;
import dev.tunbridge.reassembly.wire.FourTuple;
import dev.tunbridge.sim.e2e.Scenes;
import dev.tunbridge.sim.lab.Lab;
import dev.tunbridge.sim.lab.LabNamespace;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The capture and the kernel do not have the same: one began too late, or dropped what the other has taken. */
class KernelLossTest {
    private static final FrameFormat FORMAT = FrameFormat.builtin("reference");
    private static final FourTuple TUPLE =
            new FourTuple(new InetSocketAddress("198.18.0.1", 40_000), new InetSocketAddress("198.18.0.2", 7_000));
    private static final int INITIAL_NUMBER = 0x7fff_fff0;

    private final ServerStream stream = new ServerStream(FORMAT);

    @BeforeAll
    static void requireLab() {
        Scenes.requireLab();
    }

    /** What is done with a connection. */
    private interface Act {
        void on(RawServer server, LiveLane lane) throws IOException;
    }

    /** How a connection is made. */
    private interface Connect {
        LiveLane connect(RawServer server, CaptureRing ring, FourTuple tuple, FrameFormat format, int initialNumber)
                throws IOException;
    }

    private void play(Connect connect, Act act) throws Exception {
        for (int number = 0; number < 6; number++) {
            stream.datagram(number, new byte[30]);
        }
        try (Lab lab = Lab.open()) {
            LabNamespace namespace = lab.namespace("device");
            namespace.call(() -> {
                try (WireTun wire = WireTun.open(namespace, "wire0", "198.18.0.1/30");
                        CaptureRing ring = CaptureRing.open(CaptureOptions.of(new CaptureFilter.Inbound(TUPLE)))) {
                    RawServer server = new RawServer(wire, TUPLE.remote());
                    try (LiveLane lane = connect.connect(server, ring, TUPLE, FORMAT, INITIAL_NUMBER)) {
                        act.on(server, lane);
                    }
                }
                return lab;
            });
        }
    }

    @Test
    void aCaptureThatBeganAfterTheHandshakeUsesNothing() throws Exception {
        play(LiveLane::connectLate, (server, lane) -> {
            server.send(0, stream.frame(0));
            lane.readTo(stream.end(0));
            server.send(stream.end(1), stream.frame(2));
            lane.captureAll(2);
            lane.settle();
            assertThat(lane.state()).isEqualTo(LaneState.LATE);
            assertThat(lane.early()).isEmpty();
            assertThat(lane.counters().recovery().rejected()).isEqualTo(Map.of(Rejection.NO_HANDSHAKE, 2L));
            server.send(stream.end(0), stream.frame(1));
            lane.readTo(stream.end(2));
            assertDelivered(lane, 0, 1, 2);
        });
    }

    @Test
    void whatTheKernelDropsAfterTheCaptureIsAHole() throws Exception {
        play(LiveLane::connect, (server, lane) -> {
            loseTheSecond(server, lane);
            lane.letPass(LiveLane.EVERYTHING);
            server.send(stream.end(1), stream.frame(2));
            lane.captureAll(3);
            lane.settle();
            assertThat(lane.counters().recovery().holes())
                    .as("to the capture all is in order")
                    .isZero();
            awaitLoss(server, lane);
            assertThat(lane.early()).as("nothing in order was copied").isEmpty();

            server.send(stream.end(2), stream.frame(3));
            lane.captureAll(4);
            lane.settle();
            assertThat(lane.early())
                    .as("beyond the kernel's hole, of a flow that is known")
                    .hasSize(1);
            server.send(stream.end(0), stream.frame(1));
            lane.readTo(stream.end(3));
            assertDelivered(lane, 0, 3, 1, 2);
            assertThat(lane.swallowed()).isEqualTo(lane.early());
            assertThat(lane.state()).isEqualTo(LaneState.ACTIVE);
        });
    }

    /** A kernel that is slow looks the same: what tells them apart is what it does with the next. */
    @Test
    void whatTheKernelHasNotYetIsNotLostUntilSomethingBehindItHasReachedTheKernel() throws Exception {
        play(LiveLane::connect, (server, lane) -> {
            loseTheSecond(server, lane);
            long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(300);
            server.await("many looks", () -> {
                turn(lane);
                return System.nanoTime() - until > 0;
            });
            assertThat(lane.counters().recovery().kernelLost()).isZero();
            lane.letPass(LiveLane.EVERYTHING);
            server.send(stream.end(1), stream.frame(2));
            awaitLoss(server, lane);
            server.send(stream.end(0), stream.frame(1));
            lane.readTo(stream.end(2));
            assertDelivered(lane, 0, 1, 2);
        });
    }

    @Test
    void whatWentEarlyMayBeLostToTheKernelAndComeAgain() throws Exception {
        play(LiveLane::connect, (server, lane) -> {
            server.send(0, stream.frame(0));
            lane.readTo(stream.end(0));
            lane.letPass(LiveLane.NOTHING);
            server.send(stream.end(1), stream.frame(2));
            lane.captureAll(2);
            lane.settle();
            assertThat(lane.early()).hasSize(1);
            lane.letPass(LiveLane.EVERYTHING);
            server.send(stream.end(0), stream.frame(1));
            lane.readTo(stream.end(1));
            assertThat(lane.swallowed()).isEmpty();
            server.send(stream.end(1), stream.frame(2));
            lane.readTo(stream.end(2));
            assertDelivered(lane, 0, 2, 1);
            assertThat(lane.swallowed()).isEqualTo(lane.early());
            assertThat(lane.counters().recovery().conflicts()).isZero();
        });
    }

    @Test
    void aCaptureThatRestedKnowsWhereTheHoleBegins() throws Exception {
        play(LiveLane::connect, (server, lane) -> {
            server.send(0, stream.frame(0));
            lane.readTo(stream.end(0));
            lane.rest();
            assertThat(lane.state()).isEqualTo(LaneState.RESTING);
            server.send(stream.end(0), stream.frame(1));
            server.send(stream.end(2), stream.frame(3));
            lane.awaitWake();
            assertThat(lane.state()).isEqualTo(LaneState.ACTIVE);
            server.send(stream.end(3), stream.frame(4));
            lane.captureAll(2);
            lane.settle();
            assertThat(lane.early())
                    .as("the kernel has the frame before the hole, and nobody has read it")
                    .isEmpty();
            lane.readTo(stream.end(1));
            lane.settle();
            assertThat(lane.early()).hasSize(1);
            server.send(stream.end(1), stream.frame(2));
            lane.readTo(stream.end(4));
            assertDelivered(lane, 0, 1, 4, 2, 3);
            assertThat(lane.swallowed()).isEqualTo(lane.early());
            assertThat(lane.counters().recovery().holes()).isEqualTo(1);
        });
    }

    @Test
    void aCaptureThatDoesNotSeeWhatTheKernelReceivesIsBlindUntilItDoes() throws Exception {
        ServerStream slow = new ServerStream(FORMAT);
        play(LiveLane::connect, (server, lane) -> {
            int number = 0;
            server.send(0, slow.datagram(number, new byte[1_000]).frame(number++));
            lane.readTo(slow.end());
            lane.blindfold(true);
            long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
            while (lane.state() != LaneState.BLIND && System.nanoTime() - until < 0) {
                server.send(slow.end(), slow.datagram(number, new byte[1_000]).frame(number++));
                lane.readTo(slow.end());
            }
            assertThat(lane.state()).isEqualTo(LaneState.BLIND);
            lane.blindfold(false);
            server.send(slow.end(), slow.datagram(number, new byte[1_000]).frame(number));
            lane.readTo(slow.end());
            assertThat(lane.state()).isEqualTo(LaneState.ACTIVE);
        });
    }

    /** The first frame passes; the second is captured, and the kernel drops it. */
    private void loseTheSecond(RawServer server, LiveLane lane) throws IOException {
        server.send(0, stream.frame(0));
        lane.readTo(stream.end(0));
        lane.letPass(LiveLane.NOTHING);
        server.send(stream.end(0), stream.frame(1));
        lane.captureAll(2);
    }

    private void awaitLoss(RawServer server, LiveLane lane) throws IOException {
        server.await("the loss", () -> {
            turn(lane);
            return lane.counters().recovery().kernelLost() > 0;
        });
    }

    private static void turn(LiveLane lane) {
        try {
            lane.read();
            lane.settle();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void assertDelivered(LiveLane lane, int... numbers) {
        List<byte[]> expected = new ArrayList<>();
        for (int number : numbers) {
            expected.add(ServerStream.packet(number, new byte[30]));
        }
        assertThat(lane.atDevice()).as("each once, in this order").containsExactlyElementsOf(expected);
    }
}
