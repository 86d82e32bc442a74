package dev.tunbridge.bridge.suppress;

import static dev.tunbridge.bridge.suppress.SuppressorRig.data;
import static dev.tunbridge.bridge.suppress.SuppressorRig.fromClient;
import static dev.tunbridge.bridge.suppress.SuppressorRig.fromDevice;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.bridge.suppress.RetransmitSuppressor.Verdict;
import dev.tunbridge.reassembly.wire.TcpView;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each rule by itself. */
class RetransmitSuppressorTest {
    private static final int[] SACK_PERMITTED = {2, 4, 5, 180, 4, 2, 1, 1};
    private final SuppressorRig rig = new SuppressorRig();

    @AfterEach
    void close() {
        rig.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {1_000, -500, Integer.MAX_VALUE - 700})
    void aCopyOfWhatIsCarriedGoesNoFurther(int start) {
        assertThat(rig.send(data(start, 1_000))).isEqualTo(Verdict.PASS);
        assertThat(rig.send(data(start + 1_000, 1_000))).isEqualTo(Verdict.PASS);
        rig.pass(300);
        assertThat(rig.send(data(start, 1_000))).isEqualTo(Verdict.DROP);
        assertThat(rig.send(data(start + 1_000, 1_000))).isEqualTo(Verdict.DROP);
        assertThat(rig.send(data(start, 2_000))).as("both in one").isEqualTo(Verdict.DROP);
        assertThat(rig.send(data(start + 500, 300))).as("a part").isEqualTo(Verdict.DROP);
        assertThat(rig.suppressor.stats().copies()).isEqualTo(4);
        assertThat(rig.suppressor.stats().copiedBytes()).isEqualTo(4_300);
    }

    @Test
    void aCopyOfWhatWaitsInTheQueueGoesNoFurtherEither() {
        rig.queue(data(1_000, 1_000));
        assertThat(rig.queue(data(1_000, 1_000))).isEqualTo(Verdict.DROP);
    }

    @Test
    void aCopyOfWhatTheQueueDroppedPasses() {
        rig.queue(data(1_000, 1_000));
        long range = rig.suppressor.range();
        rig.send(data(2_000, 1_000));
        rig.suppressor.dropped(range);
        assertThat(rig.send(data(1_000, 1_000))).isEqualTo(Verdict.PASS);
        assertThat(rig.send(data(1_000, 1_000))).as("now it is carried").isEqualTo(Verdict.DROP);
        assertThat(rig.suppressor.stats().passed()).isEqualTo(1);
    }

    @Test
    void whenTheOuterConnectionHasDeliveredAndTheGraceIsOverItPasses() {
        rig.send(data(1_000, 1_000));
        rig.ackOuter();
        rig.pass(100);
        assertThat(rig.send(data(1_000, 1_000))).as("within the first grace").isEqualTo(Verdict.DROP);
        rig.pass(50);
        assertThat(rig.send(data(1_000, 1_000)))
                .as("but a second copy after the acknowledgement passes")
                .isEqualTo(Verdict.PASS);
        rig.pass(5);
        rig.ackOuter();
        rig.pass(201);
        assertThat(rig.send(data(1_000, 1_000))).as("after it").isEqualTo(Verdict.PASS);
    }

    /** Sends what begins there; the client's acknowledgement comes so long after the outer one. Answers where it ends. */
    private int acknowledged(int start, int lagMillis) {
        rig.send(data(start, 1_000));
        rig.pass(3);
        rig.ackOuter();
        rig.pass(lagMillis);
        rig.hear(fromClient(1).ack(start + 1_000));
        return start + 1_000;
    }

    @Test
    void theGraceIsMeasured() {
        int at = 1_000;
        for (int i = 0; i < 50; i++) {
            at = acknowledged(at, i % 2 == 0 ? 30 : 34);
        }
        assertThat(rig.suppressor.stats().graceMicros()).isBetween(36_000L, 44_000L);
        rig.send(data(at, 1_000));
        rig.ackOuter();
        rig.pass(35);
        assertThat(rig.send(data(at, 1_000))).isEqualTo(Verdict.DROP);
        rig.pass(10);
        assertThat(rig.send(data(at, 1_000))).isEqualTo(Verdict.PASS);
    }

    @Test
    void whatWasHeldUpOutsideIsWaitedForAsLong() {
        int at = 1_000;
        for (int i = 0; i < 50; i++) {
            at = acknowledged(at, 0);
        }
        rig.send(data(at, 1_000));
        rig.pass(700);
        rig.ackOuter();
        rig.pass(600);
        assertThat(rig.send(data(at, 1_000)))
                .as("the way back was dark too, and is repaired later")
                .isEqualTo(Verdict.DROP);
        assertThat(rig.send(data(at, 1_000))).as("but once only").isEqualTo(Verdict.PASS);
        rig.pass(5);
        rig.ackOuter();
        rig.pass(50);
        assertThat(rig.send(data(at, 1_000))).as("this one was quick").isEqualTo(Verdict.PASS);
    }

    @Test
    void whatWasLostBehindTheTunnelPassesAsSoonAsItShows() {
        rig.send(data(1_000, 1_000));
        rig.send(data(2_000, 1_000));
        rig.send(data(3_000, 1_000));
        rig.ackOuter();
        rig.pass(1);
        rig.hear(fromClient(1).ack(1_000).sack(3_000, 4_000));
        assertThat(rig.send(data(2_000, 1_000))).isEqualTo(Verdict.PASS);
        assertThat(rig.send(data(1_000, 1_000))).isEqualTo(Verdict.PASS);
        assertThat(rig.suppressor.stats().overtaken()).isEqualTo(2);
        assertThat(rig.send(data(1_000, 1_000))).as("the copy is carried now").isEqualTo(Verdict.DROP);
    }

    @Test
    void newsGoOnWithoutThePayload() {
        rig.send(data(1_000, 1_000).window(500));
        rig.send(data(2_000, 1_000).window(500));
        assertThat(rig.send(data(1_000, 1_000).window(500).flags(TcpView.PSH))).isEqualTo(Verdict.DROP);
        assertThat(rig.send(data(1_000, 1_000).window(600).flags(TcpView.PSH)))
                .as("the window")
                .isEqualTo(Verdict.EDITED);
        TcpView sent = rig.sent();
        assertThat(sent.payloadLength()).isZero();
        assertThat(sent.sequenceNumber()).isEqualTo(3_000);
        assertThat(sent.flags()).isEqualTo(TcpView.ACK);
        assertThat(sent.window()).isEqualTo(600);
        assertThat(rig.send(data(1_000, 1_000).window(600)))
                .as("no news any more")
                .isEqualTo(Verdict.DROP);
        assertThat(rig.send(fromDevice(1_000).ack(70).window(600).payload(new byte[1_000])))
                .as("the acknowledgement")
                .isEqualTo(Verdict.EDITED);
        assertThat(rig.sent().acknowledgementNumber()).isEqualTo(70);
        assertThat(rig.send(fromDevice(1_000).ack(70).window(600).sack(90, 99).payload(new byte[1_000])))
                .as("SACK")
                .isEqualTo(Verdict.EDITED);
        assertThat(rig.sent().sackLeft(0)).isEqualTo(90);
        assertThat(rig.send(
                        fromDevice(1_000).ack(70).window(600).flags(TcpView.ECE).payload(new byte[1_000])))
                .as("ECE")
                .isEqualTo(Verdict.EDITED);
    }

    @Test
    void timestampsAreNoNews() {
        rig.send(data(1_000, 1_000).timestamps(5, 6));
        assertThat(rig.send(data(1_000, 1_000).timestamps(500, 6))).isEqualTo(Verdict.DROP);
    }

    @Test
    void onlyWhatIsNewOfAPartlyCarriedSegmentGoesOn() {
        rig.send(data(1_000, 1_000));
        assertThat(rig.send(data(1_400, 1_000).flags(TcpView.PSH))).isEqualTo(Verdict.EDITED);
        assertThat(rig.sent().sequenceNumber()).isEqualTo(2_000);
        assertThat(rig.sent().payloadLength()).isEqualTo(400);
        assertThat(rig.sent().flags()).isEqualTo(TcpView.ACK | TcpView.PSH);
        assertThat(rig.send(data(1_400, 1_000))).as("all of it is carried now").isEqualTo(Verdict.DROP);
    }

    @Test
    void aPartThatIsCarriedBehindGoesOffTheEnd() {
        rig.send(data(1_000, 1_000));
        long first = rig.suppressor.range();
        rig.send(data(2_000, 1_000));
        rig.suppressor.dropped(first);
        assertThat(rig.send(data(1_000, 2_000).flags(TcpView.PSH))).isEqualTo(Verdict.EDITED);
        assertThat(rig.sent().sequenceNumber()).isEqualTo(1_000);
        assertThat(rig.sent().payloadLength()).isEqualTo(1_000);
        assertThat(rig.sent().flags()).isEqualTo(TcpView.ACK);
        assertThat(rig.suppressor.stats().trimmedBytes()).isEqualTo(1_000);
    }

    @Test
    void aFinIsANumberLikeAByte() {
        rig.send(data(1_000, 1_000));
        assertThat(rig.send(data(1_000, 1_000).flags(TcpView.FIN)))
                .as("the FIN is new")
                .isEqualTo(Verdict.PASS);
        assertThat(rig.send(data(1_000, 1_000).flags(TcpView.FIN))).isEqualTo(Verdict.DROP);
        assertThat(rig.send(fromDevice(2_000).ack(1).flags(TcpView.FIN))).isEqualTo(Verdict.DROP);
        assertThat(rig.send(fromDevice(2_000).ack(9).flags(TcpView.FIN))).isEqualTo(Verdict.EDITED);
        assertThat(rig.sent().sequenceNumber()).isEqualTo(2_001);
        assertThat(rig.sent().flags()).isEqualTo(TcpView.ACK);
    }

    @Test
    void theSynIsCarriedOnce() {
        assertThat(rig.send(fromDevice(99).flags(TcpView.SYN).options(SACK_PERMITTED)))
                .isEqualTo(Verdict.PASS);
        assertThat(rig.send(fromDevice(99).flags(TcpView.SYN).options(SACK_PERMITTED)))
                .isEqualTo(Verdict.DROP);
        assertThat(rig.send(fromDevice(99).ack(5).flags(TcpView.SYN).options(SACK_PERMITTED)))
                .as("simultaneous open: it answers one that came in between")
                .isEqualTo(Verdict.PASS);
        assertThat(rig.send(fromDevice(99).ack(5).flags(TcpView.SYN).options(SACK_PERMITTED)))
                .isEqualTo(Verdict.DROP);
        assertThat(rig.send(fromDevice(7_000).flags(TcpView.SYN)))
                .as("another connection of the same ports")
                .isEqualTo(Verdict.PASS);
        assertThat(rig.send(data(7_001, 10))).isEqualTo(Verdict.PASS);
    }

    @Test
    void anotherConnectionOfTheSamePortsBeginsWithNothing() {
        rig.send(data(1_000, 1_000));
        rig.send(fromDevice(500).flags(TcpView.SYN));
        rig.send(data(501, 100));
        assertThat(rig.send(data(1_000, 1_000))).isEqualTo(Verdict.PASS);
        rig.send(fromDevice(2_000).flags(TcpView.RST | TcpView.ACK));
        assertThat(rig.send(data(1_000, 1_000))).as("a reset ends it").isEqualTo(Verdict.PASS);
    }

    @Test
    void whatSaysSomethingByItselfAlwaysPasses() {
        rig.send(data(1_000, 1_000));
        assertThat(rig.send(fromDevice(2_000).ack(1))).as("pure ACK").isEqualTo(Verdict.PASS);
        assertThat(rig.send(fromDevice(2_000).ack(1))).as("duplicate ACK").isEqualTo(Verdict.PASS);
        assertThat(rig.send(fromDevice(2_000).ack(1).window(0)))
                .as("window update")
                .isEqualTo(Verdict.PASS);
        assertThat(rig.send(fromDevice(1_999).ack(1))).as("keep-alive").isEqualTo(Verdict.PASS);
        assertThat(rig.send(data(1_999, 1))).as("window probe").isEqualTo(Verdict.PASS);
        assertThat(rig.send(fromDevice(1_500).flags(TcpView.RST))).as("reset").isEqualTo(Verdict.PASS);
    }

    @Test
    void whatCannotBeChangedPassesUntouched() {
        int[] signature = new int[20];
        signature[0] = 19; // TCP-MD5, RFC 2385
        signature[1] = 18;
        signature[18] = 1;
        signature[19] = 1;
        for (int i = 0; i < 2; i++) {
            assertThat(rig.send(data(1_000, 1_000).options(signature))).isEqualTo(Verdict.PASS);
            assertThat(rig.send(data(5_000, 1_000).flags(TcpView.URG))).isEqualTo(Verdict.PASS);
        }
        assertThat(rig.suppressor.stats().copies()).isZero();
    }

    @Test
    void itFailsOpenInTime() {
        rig.send(data(1_000, 1_000));
        rig.pass(60_001);
        assertThat(rig.send(data(1_000, 1_000))).isEqualTo(Verdict.PASS);
        assertThat(rig.suppressor.stats().failedOpen()).isEqualTo(1);
    }

    @Test
    void itFailsOpenInCopies() {
        rig.send(data(1_000, 1_000));
        for (int copy = 0; copy < 15; copy++) {
            assertThat(rig.send(data(1_000, 1_000))).isEqualTo(Verdict.DROP);
        }
        assertThat(rig.send(data(1_000, 1_000))).isEqualTo(Verdict.PASS);
        assertThat(rig.suppressor.stats().failedOpen()).isEqualTo(1);
    }

    @Test
    void withTheOuterConnectionGoesAllThatItCarried() {
        rig.send(data(1_000, 1_000));
        rig.suppressor.disconnect();
        rig.writtenTo = 0;
        rig.suppressor.connect(() -> rig.ackedTo);
        assertThat(rig.send(data(1_000, 1_000))).isEqualTo(Verdict.PASS);
        assertThat(rig.send(data(1_000, 1_000))).isEqualTo(Verdict.DROP);
    }

    @Test
    void whatThePeerHasAcknowledgedIsForgotten() {
        rig.send(data(1_000, 1_000));
        rig.hear(fromClient(1).ack(1_600));
        assertThat(rig.suppressor.stats().ranges()).isEqualTo(1);
        rig.hear(fromClient(1).ack(5_000));
        assertThat(rig.suppressor.stats().ranges())
                .as("of bytes never sent it says nothing")
                .isEqualTo(1);
        rig.hear(fromClient(1).ack(2_000));
        assertThat(rig.suppressor.stats().ranges()).isZero();
    }

    /** Which end opens the connection. */
    enum Opener {
        DEVICE,
        CLIENT
    }

    @ParameterizedTest
    @EnumSource(Opener.class)
    void aCopyThatWasNotSentIsReportedAsADuplicate(Opener opener) {
        open(opener);
        rig.send(data(100, 1_000));
        rig.send(data(1_100, 1_000));
        assertThat(rig.send(data(1_100, 1_000))).as("a tail-loss probe").isEqualTo(Verdict.DROP);
        TcpView first = SuppressorRig.parse(rig.hear(fromClient(6).ack(1_100).timestamps(8, 9)));
        assertThat(first.sackBlocks()).as("not before it is covered").isZero();
        TcpView second = SuppressorRig.parse(
                rig.hear(fromClient(6).ack(2_100).timestamps(8, 9).payload(new byte[] {1, 2, 3})));
        assertThat(second.sackBlocks()).isEqualTo(1);
        assertThat(second.sackLeft(0)).isEqualTo(1_100);
        assertThat(second.sackRight(0)).isEqualTo(2_100);
        assertThat(second.acknowledgementNumber()).isEqualTo(2_100);
        assertThat(second.timestampValue()).isEqualTo(8);
        assertThat(second.payloadLength()).isEqualTo(3);
        assertThat(SuppressorRig.parse(rig.hear(fromClient(9).ack(2_100))).sackBlocks())
                .as("once")
                .isZero();
        assertThat(rig.suppressor.stats().duplicatesReported()).isEqualTo(1);
    }

    @Test
    void withoutSackNothingIsReported() {
        rig.send(fromDevice(99).flags(TcpView.SYN));
        rig.hear(fromClient(5).ack(100).flags(TcpView.SYN));
        rig.send(data(100, 1_000));
        rig.send(data(100, 1_000));
        assertThat(SuppressorRig.parse(rig.hear(fromClient(6).ack(1_100))).sackBlocks())
                .isZero();
    }

    private void open(Opener opener) {
        if (opener == Opener.DEVICE) {
            rig.send(fromDevice(99).flags(TcpView.SYN).options(SACK_PERMITTED));
            rig.hear(fromClient(5).ack(100).flags(TcpView.SYN).options(SACK_PERMITTED));
        } else {
            rig.hear(fromClient(5).flags(TcpView.SYN).options(SACK_PERMITTED));
            rig.send(fromDevice(99).ack(6).flags(TcpView.SYN).options(SACK_PERMITTED));
        }
        rig.send(fromDevice(100).ack(6));
    }
}
