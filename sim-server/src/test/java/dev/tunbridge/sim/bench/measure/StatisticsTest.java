package dev.tunbridge.sim.bench.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import org.junit.jupiter.api.Test;

/** The arithmetic behind the table. */
class StatisticsTest {
    private static final long MILLISECOND = 1_000_000;
    private static final long SECOND = 1_000 * MILLISECOND;

    @Test
    void theMedianOfAnOddNumberIsTheMiddleOneAndOfAnEvenNumberTheMeanOfTwo() {
        assertThat(Spread.of(3, 1, 2)).contains(new Spread(2, 1, 3, 3));
        assertThat(Spread.of(4, 1, 2, 100)).contains(new Spread(3, 1, 100, 4));
        assertThat(Spread.of(7)).contains(new Spread(7, 7, 7, 1));
        assertThat(Spread.of()).isEmpty();
    }

    @Test
    void ratiosAreThoseOfPairsAndNotOfMedians() {
        // The machine was slow in the second repetition, for both: medians would say 20 / 10.
        Map<Integer, Double> values = Map.of(0, 30.0, 1, 8.0, 2, 20.0);
        Map<Integer, Double> reference = Map.of(0, 10.0, 1, 4.0, 2, 20.0);
        assertThat(Spread.ofRatios(values, reference)).contains(new Spread(2, 1, 3, 3));
    }

    @Test
    void aRepetitionThatEitherLacksHasNoRatioNorHasOneWhoseReferenceIsZero() {
        Map<Integer, Double> values = Map.of(0, 30.0, 1, 8.0, 3, 5.0);
        Map<Integer, Double> reference = Map.of(0, 10.0, 2, 4.0, 3, 0.0);
        assertThat(Spread.ofRatios(values, reference)).contains(new Spread(3, 3, 3, 1));
        assertThat(Spread.ofRatios(values, Map.of())).isEmpty();
    }

    @Test
    void aTenthOfASecondWithoutAByteIsAStall() {
        StallBins bins = new StallBins(5 * SECOND, SECOND);
        bins.add(5 * SECOND, 100);
        bins.add(5 * SECOND + 99 * MILLISECOND, 100);
        bins.add(5 * SECOND + 350 * MILLISECOND, 100);
        bins.add(5 * SECOND + 999 * MILLISECOND, 200);
        assertThat(bins.stalledShare()).isEqualTo(0.7);
        assertThat(bins.longestStallNanos()).isEqualTo(500 * MILLISECOND);
        assertThat(bins.totalBytes()).isEqualTo(500);
        assertThat(bins.megabitsPerSecond()).isCloseTo(0.004, within(1e-9));
    }

    @Test
    void aRateIsBackFromTheFirstWindowThatHoldsIt() {
        StallBins bins = new StallBins(0, 4 * SECOND, 100 * MILLISECOND);
        // 1 Mbit/s for a second, nothing for another; then what was held up comes at once, a pause, and the rate.
        for (long bin = 0; bin < 10; bin++) {
            bins.add(bin * 100 * MILLISECOND, 12_500);
        }
        bins.add(2_000 * MILLISECOND, 30_000);
        for (long bin = 26; bin < 40; bin++) {
            bins.add(bin * 100 * MILLISECOND, 12_500);
        }
        assertThat(bins.megabitsPerSecond(bins.binAt(0), bins.binAt(SECOND))).isCloseTo(1, within(1e-9));
        assertThat(bins.nanosUntil(0.9, 2 * SECOND, 500 * MILLISECOND)).hasValue(600 * MILLISECOND);
        assertThat(bins.nanosUntil(0.9, 2 * SECOND, 100 * MILLISECOND)).hasValue(0);
        assertThat(bins.nanosUntil(1.1, 2 * SECOND, 500 * MILLISECOND)).isEmpty();
        assertThat(bins.nanosUntil(0.9, 3_800 * MILLISECOND, 500 * MILLISECOND)).isEmpty();
    }

    @Test
    void bytesBeforeTheStartOrAfterTheEndDoNotCount() {
        StallBins bins = new StallBins(5 * SECOND, SECOND);
        bins.add(5 * SECOND - 1, 100);
        bins.add(6 * SECOND, 100);
        assertThat(bins.totalBytes()).isZero();
        assertThat(bins.stalledShare()).isEqualTo(1);
        assertThat(bins.longestStallNanos()).isEqualTo(SECOND);
    }
}
