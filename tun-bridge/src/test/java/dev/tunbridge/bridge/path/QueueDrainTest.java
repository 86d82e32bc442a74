package dev.tunbridge.bridge.path;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class QueueDrainTest {
    private static final long MILLI = 1_000_000;
    private static final double STARTUP = 2.89;
    private static final double CRUISING = 1;
    private static final int SHORTEST_RTT = 50;
    private static final long FULL = 2_500_000;
    private static final long SEGMENTS = 100;

    private final QueueDrain drain = new QueueDrain();
    private long nowMillis;

    @Test
    void limitsThePacingOnceThePathIsFullAndLiftsItWhenBbrHasSeenIt() {
        grow();
        assertThat(isHeldWithin(1_000, 110)).isTrue();
        assertThat(drain.pacingRate()).isEqualTo((int) (FULL * 0.9));
        assertThat(drain.sample(sample(90, FULL), bbr(STARTUP), SEGMENTS, false))
                .isFalse();
        assertThat(drain.sample(sample(70, FULL), bbr(CRUISING), SEGMENTS, false))
                .isTrue();
        assertThat(drain.pacingRate()).isEqualTo(-1);
        assertThat(drain.sample(sample(55, FULL), bbr(CRUISING), SEGMENTS, false))
                .isFalse();
    }

    @Test
    void leavesAStartupAloneThatGrows() {
        long rate = 100_000;
        for (int i = 0; i < 40; i++) {
            assertThat(drain.sample(sample(90, rate), bbr(STARTUP), SEGMENTS, false))
                    .isFalse();
            nowMillis += 50;
            rate += rate / 4 + 1;
        }
    }

    @Test
    void leavesAPathAloneOnWhichNothingStands() {
        grow();
        assertThat(isHeldWithin(60_000, 60)).isFalse(); // what a sender of a fixed rate looks like
    }

    @Test
    void leavesAConnectionAloneThatRepairs() {
        grow();
        for (int i = 0; i < 1_000; i++) {
            nowMillis += 10;
            assertThat(drain.sample(sample(110, FULL / 8), bbr(STARTUP), SEGMENTS, true))
                    .isFalse();
        }
        assertThat(isHeldWithin(140, 110)).isFalse();
        assertThat(isHeldWithin(200, 110)).isTrue();
        assertThat(drain.pacingRate()).as("of what it has delivered").isEqualTo((int) (FULL * 0.9));
    }

    @Test
    void drainsWhatStandsOutsideLater() {
        assertThat(isDrainedWithin(1_000, 56)).as("no queue yet").isFalse();
        assertThat(isDrainedWithin(200, 60)).isTrue();
        assertThat(drain.pacingRate()).as("of what BBR takes the path for").isEqualTo((int) (FULL * 0.9));
        assertThat(drain.isLeavingStartup()).isFalse();
        assertThat(drain.sample(sample(53, FULL), bbr(CRUISING), SEGMENTS, false))
                .isFalse();
        assertThat(drain.sample(sample(51, FULL), bbr(CRUISING), SEGMENTS, false))
                .isTrue();
        assertThat(drain.pacingRate()).isEqualTo(-1);
        assertThat(isDrainedWithin(200, 60)).as("at once, if it is ours").isTrue();
    }

    @Test
    void leavesAPathAloneThatHasLostSomethingOfLate() {
        assertThat(drain.sample(sample(60, FULL), bbr(CRUISING), SEGMENTS, true))
                .isFalse();
        assertThat(isDrainedWithin(20 * 60, 60)).isFalse();
        assertThat(isDrainedWithin(20, 60)).isTrue();
        assertThat(drain.sample(sample(60, FULL), bbr(CRUISING), SEGMENTS, true))
                .as("and lets go")
                .isTrue();
        assertThat(drain.pacingRate()).isEqualTo(-1);
    }

    @Test
    void leavesAQueueThatDoesNotGoLongerAndLonger() {
        long pauseMillis = 1_600; // sixteen round trips
        for (int i = 0; i < 8; i++) {
            assertThat(isDrainedWithin(200, 100)).isTrue();
            nowMillis += 8 * 100 + 1;
            assertThat(drain.sample(sample(100, FULL), bbr(CRUISING), SEGMENTS, false))
                    .isTrue();
            assertThat(drain.pacingRate()).isEqualTo(-1);
            assertThat(isDrainedWithin((int) pauseMillis - 20, 100))
                    .as("pause %d", i)
                    .isFalse();
            pauseMillis = Math.max(1_600, Math.min(30_000, 1_000L << (i + 1)));
        }
    }

    @Test
    void aQueueThatGoesSlowlyIsOurs() {
        for (int i = 0; i < 8; i++) {
            assertThat(isDrainedWithin(200, 100)).isTrue();
            nowMillis += 8 * 80 + 1;
            assertThat(drain.sample(sample(80, FULL), bbr(CRUISING), SEGMENTS, false))
                    .isTrue();
            assertThat(isDrainedWithin(16 * 80 - 20, 100)).as("pause %d", i).isFalse();
        }
    }

    @Test
    void letsGoWithoutAVerdictOnceNothingIsUnderWay() {
        assertThat(isDrainedWithin(200, 100)).isTrue();
        assertThat(drain.sample(sample(100, FULL), bbr(CRUISING), 0, false)).isTrue();
        assertThat(drain.pacingRate()).isEqualTo(-1);
        for (int i = 0; i < 1_000; i++) {
            nowMillis += 250;
            assertThat(drain.sample(sample(100, FULL), bbr(CRUISING), 0, false)).isFalse();
        }
        assertThat(isDrainedWithin(200, 100)).as("no pause").isTrue();
    }

    @Test
    void leavesASenderAloneThatSendsNowAndThen() {
        for (int i = 0; i < 1_000; i++) {
            nowMillis += 10;
            assertThat(drain.sample(sample(90, 20_000), bbr(STARTUP), 7, false)).isFalse();
            assertThat(drain.sample(sample(90, 20_000), bbr(CRUISING), 7, false))
                    .isFalse();
        }
    }

    @Test
    void aRoundTripThatOnlyVariesOnAFastPathIsNoQueue() {
        for (int i = 0; i < 1_000; i++) {
            nowMillis += 1;
            BbrState lan = new BbrState(CRUISING, FULL * 400, MILLI / 5);
            assertThat(drain.sample(sample(4, FULL * 400), lan, SEGMENTS, false))
                    .isFalse();
            BbrState starting = new BbrState(STARTUP, FULL * 400, MILLI / 5);
            assertThat(drain.sample(sample(4, FULL * 400), starting, SEGMENTS, false))
                    .isFalse();
        }
    }

    @Test
    void leavesOtherCongestionControlsAlone() {
        for (int i = 0; i < 1_000; i++) {
            assertThat(drain.sample(sample(400, FULL), bbr(0), SEGMENTS, false)).isFalse();
            nowMillis += 50;
        }
    }

    @Test
    void givesUpForAWhileWhereBbrDoesNotSeeIt() {
        grow();
        assertThat(isHeldWithin(1_000, 110)).isTrue();
        nowMillis += 20 * 110;
        assertThat(drain.sample(sample(110, FULL), bbr(STARTUP), SEGMENTS, false))
                .isFalse();
        nowMillis += 1;
        assertThat(drain.sample(sample(110, FULL), bbr(STARTUP), SEGMENTS, false))
                .isTrue();
        assertThat(drain.pacingRate()).isEqualTo(-1);
        assertThat(isHeldWithin(2_900, 110)).isFalse();
        assertThat(isHeldWithin(200, 110)).isTrue();
    }

    @Test
    void knowsNothingWithoutARate() {
        for (int i = 0; i < 100; i++) {
            assertThat(drain.sample(sample(110, 0), bbr(STARTUP), SEGMENTS, false))
                    .isFalse();
            BbrState unknown = new BbrState(CRUISING, 0, SHORTEST_RTT * MILLI);
            assertThat(drain.sample(sample(110, FULL), unknown, SEGMENTS, false))
                    .isFalse();
            nowMillis += 50;
        }
    }

    private void grow() {
        for (long rate = FULL / 64; rate < FULL; rate *= 2) {
            drain.sample(sample(SHORTEST_RTT, rate), bbr(STARTUP), SEGMENTS, false);
            nowMillis += SHORTEST_RTT;
        }
        drain.sample(sample(SHORTEST_RTT, FULL), bbr(STARTUP), SEGMENTS, false);
    }

    private boolean isDrainedWithin(int millis, long rttMillis) {
        for (int i = 0; i < millis; i += 10) {
            nowMillis += 10;
            if (drain.sample(sample(rttMillis, FULL), bbr(CRUISING), SEGMENTS, false)) {
                return true;
            }
        }
        return false;
    }

    private boolean isHeldWithin(int millis, long rttMillis) {
        for (int i = 0; i < millis; i += 10) {
            nowMillis += 10;
            if (drain.sample(sample(rttMillis, FULL), bbr(STARTUP), SEGMENTS, false)) {
                return true;
            }
        }
        return false;
    }

    private static BbrState bbr(double pacingGain) {
        return new BbrState(pacingGain, FULL, SHORTEST_RTT * MILLI);
    }

    private PathSample sample(long rttMillis, long deliveryRate) {
        return new PathSample(
                nowMillis * MILLI,
                rttMillis * MILLI,
                MILLI,
                SHORTEST_RTT * MILLI,
                300 * MILLI,
                deliveryRate,
                PathSample.Limit.APPLICATION,
                0,
                100,
                1448,
                0,
                0,
                3,
                0);
    }
}
