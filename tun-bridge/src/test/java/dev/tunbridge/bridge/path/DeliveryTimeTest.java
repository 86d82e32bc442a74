package dev.tunbridge.bridge.path;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;

class DeliveryTimeTest {
    private static final long MILLI = 1_000_000;
    private static final long BYTES_PER_MILLI = 2_500;

    private final DeliveryTime time = new DeliveryTime();
    private long nowMillis;

    @Test
    void isTheRoundTripWhereNothingIsLost() {
        for (int i = 0; i < 500; i++) {
            look(delivered(50));
        }
        assertThat(time.meanNanos()).isCloseTo(50 * MILLI, within(10 * MILLI));
        assertThat(time.deviationNanos()).isLessThan(MILLI);
    }

    /** Each second a hole that takes 300 ms to mend: nothing is acknowledged, then all of it at once. */
    @Test
    void tellsOfBurstsByItsDeviation() {
        for (int i = 0; i < 2_000; i++) {
            boolean isHole = nowMillis % 1_000 < 300;
            look(delivered(50 + (isHole ? nowMillis % 1_000 : 0)));
        }
        assertThat(time.meanNanos()).isBetween(60 * MILLI, 150 * MILLI);
        assertThat(time.deviationNanos()).isBetween(20 * MILLI, 120 * MILLI);
    }

    @Test
    void countsWhatIsUnderWayForSeconds() {
        for (int i = 0; i < 2_000; i++) {
            look(delivered(9_000));
        }
        assertThat(time.meanNanos()).isCloseTo(9_000 * MILLI, within(20 * MILLI));
    }

    @Test
    void forgetsThePathThatWas() {
        for (int i = 0; i < 500; i++) {
            look(delivered(400));
        }
        for (int i = 0; i < 2_000; i++) {
            look(delivered(20));
        }
        assertThat(time.meanNanos()).isCloseTo(20 * MILLI, within(10 * MILLI));
    }

    @Test
    void isBoundedWhileNothingIsAcknowledged() {
        for (int i = 0; i < 100_000; i++) {
            look(0);
        }
        assertThat(time.meanNanos()).isZero();
        look(written());
        assertThat(time.meanNanos())
                .as("of the first, which are remembered")
                .isCloseTo(100_000 * 10L * MILLI, Percentage.withPercentage(2));
    }

    @Test
    void knowsNothingOfAnotherConnection() {
        for (int i = 0; i < 100; i++) {
            look(delivered(50));
        }
        time.reset();
        assertThat(time.meanNanos()).isZero();
        assertThat(time.deviationNanos()).isZero();
        time.sample(nowMillis * MILLI, 100, 0);
        time.sample((nowMillis + 7) * MILLI, 100, 100);
        assertThat(time.meanNanos()).isEqualTo(7 * MILLI);
    }

    private void look(long ackedOffset) {
        time.sample(nowMillis * MILLI, written(), ackedOffset);
        nowMillis += 10;
    }

    private long written() {
        return nowMillis * BYTES_PER_MILLI;
    }

    private long delivered(long millis) {
        return Math.max(0, nowMillis - millis) * BYTES_PER_MILLI;
    }
}
