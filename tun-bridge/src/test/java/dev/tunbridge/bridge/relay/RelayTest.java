package dev.tunbridge.bridge.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tunbridge.bridge.relay.RelayRig.Recorded;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RelayTest {
    private final RelayRig rig = new RelayRig();

    @Test
    void opensWhenTheServiceHasAnswered() {
        Recorded service = rig.asks(5, RelayRig.TCP);
        assertThat(rig.says()).isEmpty();
        assertThat(service.channel.state()).isEqualTo(ChannelState.OPENING);
        rig.relay.connected(service.channel, rig.nowNanos);
        assertThat(rig.wakes).isPositive();
        assertThat(rig.says()).containsExactly("opened 5 OPEN 16384");
        assertThat(service.channel.state()).isEqualTo(ChannelState.OPEN);
    }

    @Test
    void readsOfAServiceWhatTheServerHasCreditFor() {
        Recorded service = rig.opens(5, RelayRig.TCP);
        assertThat(service.told).as("no credit yet").isEmpty();
        rig.credits(5, 3_000);
        assertThat(service.told).containsExactly("read");
        assertThat(rig.relay.readableBytes(service.channel)).isEqualTo(3_000);
        rig.reads(service, 3_000);
        assertThat(rig.queued).as("a frame holds 2,000").containsExactly("5: 2000", "5: 1000");
        assertThat(service.told).containsExactly("read", "pause");
        assertThatThrownBy(() -> rig.reads(service, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(
                        "length is 1 of tcp channel 5 (OPEN) from 198.18.0.9 port 40000 to port 80; allowed 0 to 0");
    }

    @Test
    void grantsCreditForWhatTheServiceHasTakenAndNotForWhatHasCome() {
        Recorded service = rig.opens(5, RelayRig.TCP);
        for (int i = 0; i < 8; i++) {
            rig.sends(5, 2_048);
        }
        assertThat(rig.says()).as("all has come, nothing is taken").isEmpty();
        rig.takes(service, 1_000);
        assertThat(rig.says()).as("the server has nothing left").containsExactly("credit 5 1000");
        rig.takes(service, 2_000);
        assertThat(rig.says()).as("less than a quarter of the window").isEmpty();
        rig.takes(service, 2_096);
        assertThat(rig.says()).containsExactly("credit 5 4096");
        assertThatThrownBy(() -> rig.takes(service, 20_000))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("taken is 20000")
                .hasMessageContaining("allowed 0 to 11288");
    }

    @Test
    void endsEachDirectionByItself() {
        Recorded service = rig.opens(5, RelayRig.TCP);
        rig.credits(5, 10_000);
        rig.ends(5);
        assertThat(service.told).containsExactly("read", "end");
        assertThat(service.channel.state()).isEqualTo(ChannelState.SERVER_ENDED);
        rig.reads(service, 100);
        rig.relay.ended(service.channel);
        assertThat(rig.says()).as("100 bytes are still in the queue").isEmpty();
        rig.leaves(service, 100);
        assertThat(rig.says()).containsExactly("close 5 END_OF_STREAM");
        assertThat(service.told).endsWith("close");
        assertThat(service.channel.state()).isEqualTo(ChannelState.CLOSED);
        assertThat(rig.relay.stats().now()).isEqualTo(new RelayStats.Now(0, 0, 0));
    }

    @Test
    void theServiceMayEndFirstAndTheClientGoOn() {
        Recorded service = rig.opens(5, RelayRig.TCP);
        rig.relay.ended(service.channel);
        assertThat(rig.says()).as("an end needs no credit").containsExactly("close 5 END_OF_STREAM");
        assertThat(service.channel.state()).isEqualTo(ChannelState.SERVICE_ENDED);
        rig.sends(5, 500);
        rig.ends(5);
        assertThat(service.told).containsExactly("write 500", "end");
        assertThat(service.channel.state()).as("500 bytes are not taken yet").isEqualTo(ChannelState.DRAINING);
        Recorded next = rig.opens(5, RelayRig.TCP);
        assertThat(next.channel.state()).as("the number is free").isEqualTo(ChannelState.OPEN);
        rig.takes(service, 500);
        assertThat(service.told).endsWith("close");
        assertThat(next.told).isEmpty();
    }

    @Test
    void aServiceThatTakesNothingOfTheRestIsGivenUp() {
        Recorded service = rig.opens(5, RelayRig.TCP);
        rig.sends(5, 500);
        rig.relay.ended(service.channel);
        rig.ends(5);
        rig.says();
        rig.passes(59);
        assertThat(service.channel.state()).isEqualTo(ChannelState.DRAINING);
        rig.passes(1);
        assertThat(service.told).endsWith("reset");
        assertThat(rig.relay.stats().drainsGivenUp()).isEqualTo(1);
        assertThat(rig.says()).as("the number is another's").isEmpty();
    }

    @Test
    void theClientMayEndBeforeTheServiceHasAnswered() {
        Recorded service = rig.asks(5, RelayRig.TCP);
        rig.ends(5);
        rig.relay.connected(service.channel, rig.nowNanos);
        assertThat(service.told).containsExactly("end");
        assertThat(rig.says()).as("and no credit for nothing").containsExactly("opened 5 OPEN 0");
    }

    @Test
    void aResetOfTheServiceReachesTheServerAndTheQueueForgetsTheRest() {
        Recorded service = rig.opens(5, RelayRig.TCP);
        rig.credits(5, 1_000);
        rig.reads(service, 1_000);
        rig.relay.failed(service.channel);
        assertThat(rig.discarded).containsExactly(service.channel);
        assertThat(rig.says()).containsExactly("close 5 RESET");
        rig.sends(5, 10);
        rig.credits(5, 10);
        rig.resets(5);
        assertThat(rig.says()).as("what was under way").isEmpty();
        assertThat(rig.relay.stats().late()).isEqualTo(3);
        assertThat(rig.relay.stats().misbehaved()).isZero();
    }

    @Test
    void aResetOfTheServerReachesTheServiceAndIsAnsweredOnce() {
        Recorded service = rig.opens(5, RelayRig.TCP);
        rig.resets(5);
        assertThat(service.told).containsExactly("reset");
        assertThat(rig.says()).as("so that both have closed").containsExactly("close 5 RESET");
        rig.resets(5);
        assertThat(rig.says()).isEmpty();
    }

    @Test
    void everyOpenGetsOneAnswerThoughItIsGivenUp() {
        Recorded service = rig.asks(5, RelayRig.TCP);
        rig.resets(5);
        assertThat(service.told).containsExactly("reset");
        assertThat(rig.says()).containsExactly("opened 5 REFUSED 0");
        rig.relay.connected(service.channel, rig.nowNanos);
        assertThat(rig.says()).as("the service's answer comes too late").isEmpty();
        assertThat(rig.refused(OpenRefusal.GIVEN_UP)).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({
        "SERVICE_REFUSED, REFUSED",
        "SERVICE_UNREACHABLE, UNREACHABLE",
        "HOST_LIMIT, LIMIT",
    })
    void tellsTheServerWhyThereIsNoConnection(OpenRefusal reason, String status) {
        Recorded service = rig.asks(5, RelayRig.TCP);
        rig.relay.connectFailed(service.channel, reason);
        assertThat(rig.says()).containsExactly("opened 5 " + status + " 0");
        assertThat(service.told).isEmpty();
        assertThat(rig.refused(reason)).isEqualTo(1);
        assertThat(rig.relay.stats().refused()).isEqualTo(1);
    }

    @Test
    void whatTheFilterDoesNotAdmitIsRefusedWithoutAConnection() {
        rig.relay.receive(RelayRig.open(5, RelayRig.TCP, 23), rig.nowNanos);
        rig.relay.receive(RelayRig.open(6, RelayRig.TCP, 0), rig.nowNanos);
        assertThat(rig.services).isEmpty();
        assertThat(rig.says()).containsExactly("opened 5 REFUSED 0", "opened 6 REFUSED 0");
        assertThat(rig.refused(OpenRefusal.NOT_ALLOWED)).isEqualTo(2);
    }

    @Test
    void aServiceThatDoesNotAnswerIsUnreachable() {
        Recorded service = rig.asks(5, RelayRig.TCP);
        rig.passes(9);
        assertThat(rig.says()).isEmpty();
        rig.passes(1);
        assertThat(service.told).containsExactly("reset");
        assertThat(rig.says()).containsExactly("opened 5 UNREACHABLE 0");
        assertThat(rig.refused(OpenRefusal.CONNECT_TIMEOUT)).isEqualTo(1);
    }

    @Test
    void aLostConnectionResetsAllButWhatIsOverForTheServer() {
        Recorded open = rig.opens(1, RelayRig.TCP);
        Recorded opening = rig.asks(2, RelayRig.TCP);
        Recorded datagrams = rig.opens(3, RelayRig.UDP);
        Recorded draining = rig.opens(4, RelayRig.TCP);
        rig.sends(4, 500);
        rig.relay.ended(draining.channel);
        rig.says();
        rig.ends(4);
        rig.resets(1);
        rig.relay.disconnected();
        assertThat(rig.says())
                .as("nothing of the old connection is said on the next")
                .isEmpty();
        assertThat(open.told).containsExactly("reset");
        assertThat(opening.told).containsExactly("reset");
        assertThat(datagrams.told).containsExactly("reset");
        assertThat(draining.channel.state()).isEqualTo(ChannelState.DRAINING);
        rig.takes(draining, 500);
        assertThat(draining.told).endsWith("close");
        assertThat(rig.relay.stats().now()).isEqualTo(new RelayStats.Now(0, 0, 0));
    }

    @Test
    void aClientThatStopsReadingStallsItsChannelAlone() {
        Recorded stalled = rig.opens(1, RelayRig.TCP);
        rig.credits(1, 100);
        rig.reads(stalled, 100);
        assertThat(stalled.told).containsExactly("read", "pause");
        Recorded other = rig.opens(2, RelayRig.TCP);
        rig.credits(2, 1 << 20);
        for (int i = 0; i < 1_000; i++) {
            rig.reads(other, 2_000);
            rig.leaves(other, 2_000);
            rig.credits(2, 2_000);
        }
        assertThat(other.told).containsExactly("read");
        assertThat(rig.relay.stats().bytesUp()).isEqualTo(100 + 2_000_000);
    }

    /** A service that sends byte by byte, into a queue that stands still. */
    @Test
    void bytesOneByOneCostWhatTheirFramesCost() {
        Recorded service = rig.opens(5, RelayRig.TCP);
        rig.credits(5, 1 << 20);
        while (rig.relay.readableBytes(service.channel) > 0) {
            rig.reads(service, 1);
        }
        assertThat(rig.queued).hasSizeBetween(4_000, (1 << 20) / RelayLimits.FRAME_OVERHEAD_BYTES);
        assertThat(service.told).containsExactly("read", "pause");
        rig.queued.forEach(frame -> rig.leaves(service, 1));
        assertThat(rig.relay.stats().now().heldBytes())
                .as("credit of the way down")
                .isEqualTo(16_384);
    }
}
