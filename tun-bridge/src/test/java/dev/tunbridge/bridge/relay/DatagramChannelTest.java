package dev.tunbridge.bridge.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tunbridge.bridge.relay.RelayRig.Recorded;
import dev.tunbridge.protocol.message.Message;
import org.junit.jupiter.api.Test;

/** UDP on channels, and what may go past a hole. */
class DatagramChannelTest {
    private final RelayRig rig = new RelayRig();

    @Test
    void aDatagramIsAFrameBothWays() {
        Recorded service = rig.opens(5, RelayRig.UDP);
        rig.sends(5, 0);
        rig.sends(5, 1_200);
        assertThat(service.told).containsExactly("write 0", "write 1200");
        rig.credits(5, 2_500);
        rig.reads(service, 1_900);
        rig.reads(service, 601);
        rig.reads(service, 600);
        rig.reads(service, 2_001);
        assertThat(rig.queued).containsExactly("5: 1900", "5: 600");
        assertThat(rig.relay.stats().datagramsWithoutCredit()).isEqualTo(1);
        assertThat(rig.relay.stats().datagramsTooLong()).isEqualTo(1);
    }

    @Test
    void whatTheQueueDropsDoesNotUseCreditUp() {
        Recorded service = rig.opens(5, RelayRig.UDP);
        rig.credits(5, 1_000);
        for (int i = 0; i < 100; i++) {
            rig.reads(service, 1_000);
            rig.relay.dropped(service.channel, 1_000, rig.nowNanos);
        }
        assertThat(rig.queued).hasSize(100);
        assertThat(rig.relay.stats().datagramsDropped()).isEqualTo(100);
        Recorded stream = rig.opens(6, RelayRig.TCP);
        rig.credits(6, 10);
        rig.reads(stream, 10);
        assertThatThrownBy(() -> rig.relay.dropped(stream.channel, 10, rig.nowNanos))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("allowed only of udp");
    }

    @Test
    void whatTheSocketDoesNotTakeIsCounted() {
        rig.opens(5, RelayRig.UDP);
        rig.sends(5, Recorded.MOST_DATAGRAM_BYTES);
        assertThat(rig.relay.stats().datagramsUndelivered()).isZero();
        rig.sends(5, Recorded.MOST_DATAGRAM_BYTES + 1);
        assertThat(rig.relay.stats().datagramsUndelivered()).isEqualTo(1);
    }

    @Test
    void silenceEndsIt() {
        Recorded service = rig.opens(5, RelayRig.UDP);
        rig.passes(59);
        rig.sends(5, 10);
        rig.passes(59);
        assertThat(service.told).containsExactly("write 10");
        rig.passes(1);
        assertThat(service.told).endsWith("close");
        assertThat(rig.says()).containsExactly("close 5 END_OF_STREAM");
        assertThat(rig.relay.stats().idleEnds()).isEqualTo(1);
        rig.sends(5, 10);
        rig.ends(5);
        assertThat(rig.says()).as("what was under way").isEmpty();
        assertThat(rig.relay.stats().misbehaved()).isZero();
    }

    @Test
    void anyCloseEndsItWholeAndIsAnswered() {
        Recorded service = rig.opens(5, RelayRig.UDP);
        rig.ends(5);
        assertThat(service.told).containsExactly("close");
        assertThat(rig.says()).containsExactly("close 5 END_OF_STREAM");
        assertThat(service.channel.state()).isEqualTo(ChannelState.CLOSED);
    }

    @Test
    void aDatagramGoesPastAHole() {
        Recorded service = rig.opens(5, RelayRig.UDP);
        assertThat(rig.sendsEarly(5, 300)).isTrue();
        assertThat(service.told).containsExactly("write 300");
        assertThat(rig.relay.stats().early()).isEqualTo(1);
    }

    @Test
    void tcpNeverGoesPastAHole() {
        Recorded service = rig.opens(5, RelayRig.TCP);
        assertThat(rig.sendsEarly(5, 300)).isFalse();
        rig.ends(5);
        assertThat(rig.sendsEarly(5, 300)).isFalse();
        assertThat(service.told).containsExactly("end");
        assertThat(rig.relay.stats().early()).isZero();
        assertThat(rig.relay.stats().misbehaved())
                .as("and says nothing against the server")
                .isZero();
    }

    @Test
    void nothingGoesPastAHoleToAChannelThatIsNotOpen() {
        Recorded opening = rig.asks(5, RelayRig.UDP);
        assertThat(rig.sendsEarly(5, 300)).isFalse();
        assertThat(rig.sendsEarly(6, 300)).isFalse();
        rig.relay.connected(opening.channel, rig.nowNanos);
        assertThat(rig.sendsEarly(5, 300))
                .as("the server does not know that it is open")
                .isFalse();
        rig.says();
        rig.ends(5);
        assertThat(rig.sendsEarly(5, 300)).isFalse();
        assertThat(opening.told).containsExactly("close");
    }

    @Test
    void nothingGoesPastAHoleWithoutCredit() {
        rig.opens(5, RelayRig.UDP);
        for (int i = 0; i < Downward.DATAGRAM_CREDIT_BYTES / 2_048; i++) {
            rig.sends(5, 2_048);
        }
        assertThat(rig.sendsEarly(5, 1)).as("the credit for it is not said yet").isFalse();
        rig.says();
        assertThat(rig.sendsEarly(5, 1)).isTrue();
    }

    /** Then behind a hole an old number might be a new channel's. */
    @Test
    void nothingGoesPastAHoleOnceANumberWasUsedTooEarly() {
        rig.opens(5, RelayRig.UDP);
        rig.opens(6, RelayRig.UDP);
        rig.ends(5);
        rig.asks(5, RelayRig.UDP);
        assertThat(rig.misbehaved(Misbehaviour.NUMBER_TOO_EARLY)).isEqualTo(1);
        assertThat(rig.sendsEarly(6, 10)).isFalse();
        rig.relay.disconnected();
        rig.opens(6, RelayRig.UDP);
        assertThat(rig.sendsEarly(6, 10)).as("another connection").isTrue();
    }

    @Test
    void aDatagramWithoutCreditIsDroppedAndTheChannelGoesOn() {
        Recorded service = rig.opens(5, RelayRig.UDP);
        for (int i = 0; i < Downward.DATAGRAM_CREDIT_BYTES / 2_048; i++) {
            rig.sends(5, 2_048);
        }
        rig.sends(5, 1);
        assertThat(rig.misbehaved(Misbehaviour.DATAGRAM_OVERRUN)).isEqualTo(1);
        assertThat(service.told).doesNotContain("write 1");
        assertThat(rig.says()).containsExactly("credit 5 65536");
        rig.sends(5, 1);
        assertThat(service.told).endsWith("write 1");
    }

    @Test
    void onlyWordsOfChannelsAreTaken() {
        assertThatThrownBy(() -> rig.relay.receive(
                        new Message.App(1, dev.tunbridge.protocol.message.Octets.EMPTY), rig.nowNanos))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("allowed open, opened, credit, close");
    }

    @Test
    void emptyDatagramsFillNoQueueAndAreForgottenWithTheirChannel() {
        Recorded service = rig.opens(5, RelayRig.UDP);
        rig.credits(5, 1);
        for (int i = 0; i < 100_000; i++) {
            rig.reads(service, 0);
        }
        assertThat(rig.queued).hasSizeLessThan(5_000);
        rig.ends(5);
        assertThat(rig.discarded).containsExactly(service.channel);
        assertThat(rig.relay.stats().now().heldBytes()).isZero();
    }
}
