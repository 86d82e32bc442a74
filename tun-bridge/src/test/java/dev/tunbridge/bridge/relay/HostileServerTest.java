package dev.tunbridge.bridge.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.bridge.relay.RelayRig.Recorded;
import dev.tunbridge.protocol.message.Message;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A server that breaks the rules gets a counter and the right close, and no more than there is. */
class HostileServerTest {
    private RelayRig rig = new RelayRig();

    @Test
    void moreThanItsCreditResetsBothWays() {
        Recorded service = rig.opens(5, RelayRig.TCP);
        rig.sends(5, 16_384);
        rig.sends(5, 1);
        assertThat(service.told).containsExactly("write 16384", "reset");
        assertThat(rig.says()).containsExactly("close 5 RESET");
        assertThat(rig.misbehaved(Misbehaviour.CREDIT_OVERRUN)).isEqualTo(1);
        assertThat(rig.relay.stats().now().heldBytes()).isZero();
    }

    @Test
    void bytesBeforeTheAnswerAreWithoutCredit() {
        Recorded service = rig.asks(5, RelayRig.TCP);
        rig.sends(5, 1);
        assertThat(service.told).containsExactly("reset");
        assertThat(rig.says()).as("the one answer to its open").containsExactly("opened 5 REFUSED 0");
    }

    @Test
    void bytesBehindItsEndResetBothWays() {
        Recorded service = rig.opens(5, RelayRig.TCP);
        rig.ends(5);
        rig.ends(5);
        assertThat(rig.says()).isEmpty();
        assertThat(rig.misbehaved(Misbehaviour.END_TWICE)).isEqualTo(1);
        rig.sends(5, 1);
        assertThat(service.told).containsExactly("end", "reset");
        assertThat(rig.says()).containsExactly("close 5 RESET");
        assertThat(rig.misbehaved(Misbehaviour.DATA_AFTER_END)).isEqualTo(1);
    }

    @Test
    void bytesForANumberWithoutAChannelAreAnsweredOnce() {
        for (int i = 0; i < 1_000; i++) {
            rig.sends(7, 10);
            rig.credits(8, 10);
            rig.resets(9);
            rig.relay.receive(new Message.Opened(7, Message.OpenStatus.OPEN, 1), rig.nowNanos);
        }
        assertThat(rig.says()).containsExactly("close 7 RESET");
        assertThat(rig.misbehaved(Misbehaviour.UNKNOWN_CHANNEL)).isEqualTo(1);
        assertThat(rig.misbehaved(Misbehaviour.WRONG_WAY)).isEqualTo(1_000);
    }

    @Test
    void aNumberInUseEndsItsChannelAndTheNewOneIsRefused() {
        Recorded service = rig.opens(5, RelayRig.TCP);
        rig.relay.receive(RelayRig.open(5, RelayRig.TCP, 80), rig.nowNanos);
        assertThat(service.told).containsExactly("reset");
        assertThat(rig.services).as("no second connection").hasSize(1);
        assertThat(rig.says()).containsExactly("close 5 RESET", "opened 5 REFUSED 0");
        assertThat(rig.misbehaved(Misbehaviour.NUMBER_IN_USE)).isEqualTo(1);
        rig.opens(5, RelayRig.TCP);
        assertThat(rig.services).as("then it is free").hasSize(2);
    }

    @Test
    void theOldChannelsCloseIsSaidBeforeTheNewOnesAnswer() {
        rig.opens(5, RelayRig.TCP);
        rig.resets(5);
        Recorded next = rig.asks(5, RelayRig.TCP);
        rig.relay.connected(next.channel, rig.nowNanos);
        assertThat(rig.says()).containsExactly("close 5 RESET", "opened 5 OPEN 16384");
    }

    @Test
    void aFloodOfOpensFindsItsLimitsAndFillsNoQueue() {
        rig = new RelayRig(RelayRig.limits(100, 40, 500));
        for (int round = 0; round < 10; round++) {
            for (int number = 0; number < 65_536; number++) {
                rig.relay.receive(RelayRig.open(number, RelayRig.TCP, 80), rig.nowNanos);
            }
        }
        RelayStats stats = rig.relay.stats();
        assertThat(stats.now().channels()).isLessThanOrEqualTo(100);
        assertThat(stats.now().halfOpen()).isLessThanOrEqualTo(40);
        assertThat(stats.opens()).isEqualTo(655_360);
        assertThat(stats.refused() + stats.now().channels())
                .as("each is counted with its reason")
                .isEqualTo(655_360);
        assertThat(rig.refused(OpenRefusal.OPEN_RATE)).isPositive();
        assertThat(rig.refused(OpenRefusal.HALF_OPEN)).isPositive();
        List<String> said = rig.says();
        assertThat(said).as("one answer a number, however often it was asked").doesNotHaveDuplicates();
        assertThat(said.size() + stats.now().channels()).isEqualTo(65_536);
    }

    @Test
    void channelsAreLimitedThoughTheirNumbersAreFreeAgain() {
        rig = new RelayRig(RelayRig.limits(4, 4, 500));
        for (int number = 0; number < 4; number++) {
            Recorded service = rig.opens(number, RelayRig.TCP);
            rig.sends(number, 100);
            rig.relay.ended(service.channel);
            rig.ends(number);
        }
        rig.says();
        rig.relay.receive(RelayRig.open(0, RelayRig.TCP, 80), rig.nowNanos);
        assertThat(rig.says()).as("their services have not taken all").containsExactly("opened 0 LIMIT 0");
        assertThat(rig.refused(OpenRefusal.CHANNELS)).isEqualTo(1);
    }

    @Test
    void creditForMoreThanThereIsDoesNotFillTheQueue() {
        Recorded service = rig.opens(5, RelayRig.TCP);
        for (int i = 0; i < 10_000; i++) {
            rig.credits(5, 0xFFFF_FFFFL);
        }
        long held = 0;
        for (int readable = rig.relay.readableBytes(service.channel); readable > 0; ) {
            rig.reads(service, readable);
            held += readable;
            readable = rig.relay.readableBytes(service.channel);
        }
        assertThat(held).isLessThanOrEqualTo(RelayLimits.DEFAULTS.channelBytes());
        assertThat(service.told).endsWith("pause");
    }
}
