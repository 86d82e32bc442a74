package dev.tunbridge.bridge.net;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class StartupExitTest {
    private static final long MILLI = 1_000_000;
    private static final double STARTUP = 2.89;
    private static final double CRUISING = 1;
    private static final int SHORTEST_RTT = 50;
    private static final long FULL = 2_500_000;

    private final StartupExit exit = new StartupExit();
    private long nowMillis;

    @Test
    void limitsThePacingOnceThePathIsFullAndLiftsItWhenBbrHasSeenIt() {
        grow();
        assertThat(isHeldWithin(1_000, 110)).isTrue();
        assertThat(exit.pacingRate()).isEqualTo((int) (FULL * 0.9));
        assertThat(exit.sample(sample(90, FULL), STARTUP, false)).isFalse();
        assertThat(exit.sample(sample(70, FULL), CRUISING, false)).isTrue();
        assertThat(exit.pacingRate()).isEqualTo(-1);
        assertThat(exit.sample(sample(55, FULL), CRUISING, false)).isFalse();
    }

    @Test
    void leavesAStartupAloneThatGrows() {
        long rate = 100_000;
        for (int i = 0; i < 40; i++) {
            assertThat(exit.sample(sample(90, rate), STARTUP, false)).isFalse();
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
            assertThat(exit.sample(sample(110, FULL / 8), STARTUP, true)).isFalse();
        }
        assertThat(isHeldWithin(140, 110)).isFalse();
        assertThat(isHeldWithin(200, 110)).isTrue();
        assertThat(exit.pacingRate()).as("of what it has delivered").isEqualTo((int) (FULL * 0.9));
    }

    @Test
    void leavesOtherCongestionControlsAlone() {
        for (int i = 0; i < 1_000; i++) {
            assertThat(exit.sample(sample(400, FULL), 0, false)).isFalse();
            nowMillis += 50;
        }
    }

    @Test
    void givesUpForAWhileWhereBbrDoesNotSeeIt() {
        grow();
        assertThat(isHeldWithin(1_000, 110)).isTrue();
        nowMillis += 20 * 110;
        assertThat(exit.sample(sample(110, FULL), STARTUP, false)).isFalse();
        nowMillis += 1;
        assertThat(exit.sample(sample(110, FULL), STARTUP, false)).isTrue();
        assertThat(exit.pacingRate()).isEqualTo(-1);
        assertThat(isHeldWithin(2_900, 110)).isFalse();
        assertThat(isHeldWithin(200, 110)).isTrue();
    }

    @Test
    void knowsNothingWithoutARate() {
        for (int i = 0; i < 100; i++) {
            assertThat(exit.sample(sample(110, 0), STARTUP, false)).isFalse();
            nowMillis += 50;
        }
    }

    private void grow() {
        for (long rate = FULL / 64; rate < FULL; rate *= 2) {
            exit.sample(sample(SHORTEST_RTT, rate), STARTUP, false);
            nowMillis += SHORTEST_RTT;
        }
        exit.sample(sample(SHORTEST_RTT, FULL), STARTUP, false);
    }

    private boolean isHeldWithin(int millis, long rttMillis) {
        for (int i = 0; i < millis; i += 10) {
            nowMillis += 10;
            if (exit.sample(sample(rttMillis, FULL), STARTUP, false)) {
                return true;
            }
        }
        return false;
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
