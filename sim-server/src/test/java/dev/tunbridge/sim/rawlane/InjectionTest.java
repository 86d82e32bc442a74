package dev.tunbridge.sim.rawlane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.bridge.ReceiveStats;
import dev.tunbridge.linux.TcpInfo;
import dev.tunbridge.reassembly.recovery.LaneState;
import dev.tunbridge.reassembly.stream.Rejection;
import dev.tunbridge.sim.e2e.Scenes;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Somebody puts segments into the outer connection, beyond a hole, where they would be used at once: against a whole bridge on a real
 * socket, capture and device. On this kernel, and with no more of {@code TCP_INFO} than Debian 12's has.
 */
@ParameterizedClass
@EnumSource
class InjectionTest {
    /** How much the kernel tells of a connection. */
    enum Told {
        BY_THIS_KERNEL(OptionalInt.empty()),
        /** No receive window ({@code tcpi_rcv_wnd} came with 6.2). */
        BY_LINUX_6_1(OptionalInt.of(232));

        final OptionalInt tcpInfoBytes;

        Told(OptionalInt tcpInfoBytes) {
            this.tcpInfoBytes = tcpInfoBytes;
        }
    }

    @Parameter
    @SuppressWarnings("NullAway.Init") // by JUnit
    Told told;

    /** As much of a frame as tells its length, so that the next boundary is proven. */
    private static final int HEAD_BYTES = 10;

    private static final int FOREIGN = 1_000;

    @BeforeAll
    static void requireLab() {
        Scenes.requireLab();
    }

    @BeforeEach
    void tellNoMore() {
        told.tcpInfoBytes.ifPresent(bytes -> System.setProperty(TcpInfo.BYTES_PROPERTY, Integer.toString(bytes)));
    }

    @AfterEach
    void tellAll() {
        System.clearProperty(TcpInfo.BYTES_PROPERTY);
    }

    @ParameterizedTest
    @EnumSource(
            names = "FOREIGN_TIMESTAMP_ECHO|MISSING_TIMESTAMP|FAR_FUTURE_TIMESTAMP",
            mode = EnumSource.Mode.MATCH_NONE)
    void whatTheKernelRefusesHelpsNobody(Forgery forgery) throws Exception {
        try (BridgeUnderTest bridge = BridgeUnderTest.open(Map.of())) {
            Hole hole = new Hole(bridge);
            ReceiveStats before = bridge.stats();
            bridge.server().send(forgery.of(bridge.server().segment(hole.end, BridgeUnderTest.foreignFrame(FOREIGN))));
            assertRefused(
                    forgery, before, bridge.settled(before, forgery.rejection().isPresent() ? 1 : 0));
            assertThat(bridge.arrived()).containsExactly(0);

            // The genuine data in its place is used, and the kernel has none other.
            int second = bridge.add(2);
            bridge.send(hole.end, second);
            bridge.awaitArrived(2);
            bridge.send(hole.start, hole.end);
            bridge.awaitArrived(1);
            bridge.send(second, bridge.add(3));
            bridge.awaitArrived(3);
            ReceiveStats after = bridge.settled(before, 4);
            assertThat(bridge.arrived()).as("each once, nothing else").containsExactly(0, 2, 1, 3);
            assertThat(after.earlyFrames()).isEqualTo(1);
            assertThat(after.swallowed()).isEqualTo(1);
            assertNoAlarm(after);
        }
    }

    @ParameterizedTest
    @EnumSource(
            names = "FOREIGN_TIMESTAMP_ECHO|MISSING_TIMESTAMP|FAR_FUTURE_TIMESTAMP",
            mode = EnumSource.Mode.MATCH_ANY)
    void whatOnlyTheKernelTakesGoesNotEarly(Forgery forgery) throws Exception {
        try (BridgeUnderTest bridge = BridgeUnderTest.open(Map.of())) {
            Hole hole = new Hole(bridge);
            ReceiveStats before = bridge.stats();
            byte[] foreign = BridgeUnderTest.foreignFrame(FOREIGN);
            bridge.server().send(forgery.of(bridge.server().segment(hole.end, foreign)));
            assertRefused(forgery, before, bridge.settled(before, 1));
            assertThat(bridge.arrived()).containsExactly(0);

            // The genuine data comes for the same place, but the kernel keeps what it has.
            int second = bridge.add(2);
            assertThat(second - hole.end).isEqualTo(foreign.length);
            bridge.send(hole.end, second);
            bridge.send(second, bridge.add(3));
            bridge.awaitArrived(3);
            assertThat(bridge.settled(before, 4).earlyFrames())
                    .as("only what lies behind, whose flow is known")
                    .isEqualTo(1);
            bridge.send(hole.start, hole.end);
            bridge.awaitArrived(1);
            bridge.awaitArrived(FOREIGN);
            int third = bridge.stream().end();
            bridge.send(third, bridge.add(4));
            bridge.awaitArrived(4);
            ReceiveStats after = bridge.settled(before, 6);
            assertThat(bridge.arrived()).as("as the kernel has it").containsExactly(0, 3, 1, FOREIGN, 4);
            assertThat(after.swallowed()).isEqualTo(1);
            assertNoAlarm(after);
        }
    }

    @Test
    void anotherInterfaceIsNotTheConnections() throws Exception {
        try (BridgeUnderTest bridge = BridgeUnderTest.open(Map.of());
                WireTun other = WireTun.open(bridge.namespace(), "wire1", "198.18.1.1/30")) {
            Hole hole = new Hole(bridge);
            ReceiveStats before = bridge.stats();
            byte[] foreign = BridgeUnderTest.foreignFrame(FOREIGN);
            other.write(bridge.server().segment(hole.end, foreign).toPacket());
            ReceiveStats now = bridge.settled(before, 1);
            assertThat(now.rejected()).containsExactly(Map.entry(Rejection.INTERFACE, 1L));
            assertThat(now.earlyFrames()).isZero();
            assertThat(bridge.arrived()).containsExactly(0);
            // To the kernel one interface is as good as another.
            bridge.add(FOREIGN);
            bridge.send(hole.start, hole.end);
            bridge.awaitArrived(1);
            bridge.awaitArrived(FOREIGN);
        }
    }

    @Test
    void otherBytesSwitchTheLaneOffAlsoForTheNextConnection() throws Exception {
        try (LogWatch log = new LogWatch("dev.tunbridge.bridge.receive.ReceivePath");
                BridgeUnderTest bridge = BridgeUnderTest.open(Map.of())) {
            Hole hole = new Hole(bridge);
            // Right in everything: nobody can tell it from the server's.
            bridge.server().send(hole.end, BridgeUnderTest.foreignFrame(FOREIGN));
            bridge.awaitArrived(FOREIGN);
            // The genuine one comes with the hole's bytes, in order, so the kernel takes it instead.
            bridge.send(hole.start, bridge.add(2));
            bridge.awaitArrived(1);
            bridge.awaitArrived(2);
            ReceiveStats latched = bridge.settled(bridge.stats(), 0);
            assertThat(latched.lane()).isEqualTo(LaneState.LATCHED_OFF);
            assertThat(latched.mismatchedBytes()).isEqualTo(1);
            assertThat(latched.conflicts()).isEqualTo(1);
            assertThat(log.lines()).anyMatch(line -> line.contains("different bytes for the same place"));
            assertThat(log.lines()).anyMatch(line -> line.contains("other bytes than the kernel's"));

            assertNothingGoesEarly(bridge, 3);
            bridge.server().reset();
            bridge.acceptSession();
            bridge.beginTraffic();
            assertThat(bridge.stats().lane()).isEqualTo(LaneState.LATCHED_OFF);
            assertNothingGoesEarly(bridge, 5);
        }
    }

    @Test
    void otherBoundariesLeaveProvenOnesOnly() throws Exception {
        try (LogWatch log = new LogWatch("dev.tunbridge.bridge.receive.ReceivePath");
                BridgeUnderTest bridge = BridgeUnderTest.open(Map.of())) {
            // A client's payload holds a perfect frame of a flow that is known, and a segment happens to begin there.
            int start = bridge.stream().end();
            int first = bridge.add(1);
            byte[] embedded = BridgeUnderTest.foreignFrame(FOREIGN);
            int end = bridge.stream().datagram(2, embedded).end();
            int inside = end - embedded.length - 2; // in front of the checksum
            bridge.send(inside, end - 2);
            bridge.awaitArrived(FOREIGN);
            bridge.send(start, inside);
            bridge.send(end - 2, end);
            bridge.awaitArrived(1);
            bridge.awaitArrived(2);
            assertThat(first).isLessThan(inside);
            ReceiveStats latched = bridge.settled(bridge.stats(), 0);
            assertThat(latched.lane()).isEqualTo(LaneState.PROVEN_ONLY);
            assertThat(latched.mismatchedBoundaries()).isEqualTo(1);
            assertThat(latched.conflicts()).isZero();
            assertThat(log.lines()).anyMatch(line -> line.contains("other boundaries than the kernel's"));

            // The same again does not work, though it would have been true.
            int hole = bridge.stream().end();
            int behind = bridge.add(3);
            assertThat(bridge.stats().earlyFrames()).isEqualTo(1);
            ReceiveStats before = bridge.stats();
            bridge.send(behind, bridge.add(4));
            assertThat(bridge.settled(before, 1).earlyFrames()).isEqualTo(1);
            bridge.send(hole, behind);
            bridge.awaitArrived(3);
            bridge.awaitArrived(4);
            // A proven boundary still counts.
            Hole proven = new Hole(bridge, 5);
            bridge.send(proven.end, bridge.add(6));
            bridge.awaitArrived(6);
            bridge.send(proven.start, proven.end);
            bridge.awaitArrived(5);
            assertThat(bridge.arrived()).containsExactly(0, FOREIGN, 1, 2, 3, 4, 6, 5);
        }
    }

    private static void assertNothingGoesEarly(BridgeUnderTest bridge, int number) throws Exception {
        Hole hole = new Hole(bridge, number);
        ReceiveStats before = bridge.stats();
        bridge.send(hole.end, bridge.add(number + 1));
        assertThat(bridge.settled(before, 1).earlyFrames()).isEqualTo(before.earlyFrames());
        bridge.send(hole.start, hole.end);
        bridge.awaitArrived(number);
        bridge.awaitArrived(number + 1);
    }

    private static void assertRefused(Forgery forgery, ReceiveStats before, ReceiveStats now) {
        assertThat(before.rejected()).isEmpty();
        assertThat(now.rejected())
                .isEqualTo(forgery.rejection().map(reason -> Map.of(reason, 1L)).orElse(Map.of()));
        assertThat(now.earlyFrames()).isZero();
    }

    private static void assertNoAlarm(ReceiveStats stats) {
        assertThat(stats.lane()).isEqualTo(LaneState.ACTIVE);
        assertThat(stats.conflicts() + stats.mismatchedBytes() + stats.mismatchedBoundaries() + stats.contradictions())
                .isZero();
    }

    /** The rest of a frame whose head has come in order. */
    private static final class Hole {
        final int start;
        final int end;

        Hole(BridgeUnderTest bridge) throws Exception {
            this(bridge, 1);
        }

        Hole(BridgeUnderTest bridge, int number) throws Exception {
            int frame = bridge.stream().end();
            start = frame + HEAD_BYTES;
            end = bridge.add(number);
            bridge.send(frame, start);
            bridge.server()
                    .await("the head's acknowledgement", () -> bridge.server().sentOffset() == start);
        }
    }
}
