package dev.tunbridge.bridge.queue;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ServiceClockTest {
    private static final long MS = 1_000_000;

    private final CodelTiming timing = new CodelTiming();
    private final ServiceClock clock = new ServiceClock(timing);

    @Test
    void runsWhilePacketsArePulled() {
        timing.follow(new OuterPath(50 * MS, 0, 2_500_000, OuterPath.Phase.SETTLED), 1514);
        clock.begin(0);
        for (int ms = 1; ms <= 1_000; ms++) {
            assertThat(clock.pull(ms * MS)).isEqualTo(ms * MS);
            clock.pulled(2_500);
        }
        assertThat(clock.pauses()).isZero();
    }

    @Test
    void standsStillWhileTheConnectionDoes() {
        timing.follow(new OuterPath(50 * MS, 0, 2_500_000, OuterPath.Phase.SETTLED), 1514);
        clock.begin(0);
        assertThat(clock.pull(10 * MS)).isEqualTo(10 * MS);
        clock.pulled(2_500);
        assertThat(clock.read(30 * MS)).isEqualTo(30 * MS);
        assertThat(clock.read(36 * MS))
                .as("what the path needs, and a quarter of the interval")
                .isEqualTo(36 * MS);
        assertThat(clock.read(37 * MS)).isEqualTo(36 * MS);
        assertThat(clock.pull(2_010 * MS)).isEqualTo(36 * MS);
        assertThat(clock.pull(2_011 * MS)).isEqualTo(37 * MS);
        assertThat(clock.pauses()).isEqualTo(1);
    }

    @Test
    void aLongGapAfterMuchWasPulledIsNoPause() {
        // 64 KiB at 20 Mbit/s take 26 ms: the socket cannot ask sooner, and a little later is no wonder.
        timing.follow(new OuterPath(50 * MS, 0, 2_500_000, OuterPath.Phase.SETTLED), 1514);
        clock.begin(0);
        for (int turn = 0; turn < 20; turn++) {
            long now = turn * (50 * MS);
            assertThat(clock.pull(now)).isEqualTo(now);
            for (int packet = 0; packet < 44; packet++) {
                clock.pull(now);
                clock.pulled(1_500);
            }
        }
        assertThat(clock.pauses()).isZero();
    }

    @Test
    void aPauseCountsNoMoreThanAQuarterOfAnIntervalAboveWhatThePathNeeds() {
        timing.follow(new OuterPath(300 * MS, 0, 125_000, OuterPath.Phase.SETTLED), 1514);
        clock.begin(0);
        for (int i = 0; i < 10; i++) {
            clock.pulled(1_500);
        }
        assertThat(clock.pull(3_600_000 * MS)).isEqualTo((120 + 75) * MS);
        assertThat(clock.pull(7_200_000 * MS)).isEqualTo((120 + 75 + 75) * MS);
    }

    @Test
    void noPauseFillsAnIntervalWhereTheRateIsNotKnown() {
        clock.begin(0);
        clock.pulled(1 << 20);
        assertThat(clock.pull(3_600_000 * MS)).isEqualTo(75 * MS);
    }

    @Test
    void aRateThatIsFarTooLowDoesNotMakeEveryPauseCount() {
        timing.follow(new OuterPath(50 * MS, 0, 1, OuterPath.Phase.SETTLED), 1514);
        clock.begin(0);
        for (int i = 0; i < 1_000_000; i++) {
            clock.pulled(65_535);
        }
        assertThat(clock.pull(3_600_000 * MS)).isEqualTo((1_000 + 25) * MS);
    }

    @Test
    void timePassesWhileNothingWaits() {
        timing.follow(new OuterPath(50 * MS, 0, 2_500_000, OuterPath.Phase.SETTLED), 1514);
        clock.begin(-5_000 * MS);
        long before = clock.pull(-4_990 * MS);
        clock.pulled(2_500);
        clock.begin(2_010 * MS);
        assertThat(clock.read(2_010 * MS)).isEqualTo(before + 7_000 * MS);
        assertThat(clock.pull(2_035 * MS)).isEqualTo(before + 7_025 * MS);
        assertThat(clock.pauses()).isZero();
        clock.pull(2_061 * MS);
        assertThat(clock.pauses()).as("what was pulled long ago has gone out").isEqualTo(1);
    }

    @Test
    void neverRunsBackwards() {
        clock.begin(100 * MS);
        long before = clock.pull(110 * MS);
        assertThat(clock.pull(105 * MS)).isEqualTo(before);
        assertThat(clock.pull(110 * MS)).isEqualTo(before);
        assertThat(clock.pull(111 * MS)).isEqualTo(before + MS);
    }
}
