package dev.tunbridge.sim.bench.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** What is made of the times at which datagrams arrive. */
class ArrivalsTest {
    private static final long MILLISECOND = 1_000_000;

    @Test
    void aFrameIsWholeOnlyWithAllItsDatagramsWithinAHundredMilliseconds() {
        Arrivals arrivals = new Arrivals(9);
        LongStream.of(0, 1, 2).forEach(number -> arrivals.onArrival((int) number, 100 * MILLISECOND));
        arrivals.onArrival(3, 20 * MILLISECOND);
        arrivals.onArrival(4, 100 * MILLISECOND + 1);
        arrivals.onArrival(5, 20 * MILLISECOND);
        arrivals.onArrival(6, 20 * MILLISECOND);
        arrivals.onArrival(8, 20 * MILLISECOND);
        assertThat(arrivals.wholeFrames(3)).isEqualTo(1);
        // Those that came whole, however late: at 100 ms, and a nanosecond more.
        assertThat(arrivals.framePercentileMillis(3, 50)).isEqualTo(100);
        assertThat(arrivals.framePercentileMillis(3, 99)).isEqualTo(100.000001);
        assertThat(arrivals.lost()).isEqualTo(1);
        assertThat(arrivals.arrived()).isEqualTo(8);
    }

    @Test
    void lateIsMoreThanTenMillisecondsBehindTheMedianOfWhatArrived() {
        Arrivals arrivals = new Arrivals(101);
        for (int number = 0; number < 98; number++) {
            arrivals.onArrival(number, 25 * MILLISECOND);
        }
        arrivals.onArrival(98, 35 * MILLISECOND);
        arrivals.onArrival(99, 35 * MILLISECOND + 1);
        assertThat(arrivals.late()).isEqualTo(1);
        assertThat(arrivals.percentileMillis(50)).isEqualTo(25);
        assertThat(arrivals.percentileMillis(98)).isEqualTo(25);
        assertThat(arrivals.percentileMillis(99)).isEqualTo(35);
        assertThat(arrivals.percentileMillis(100)).isGreaterThan(35);
    }

    @Test
    void aStreamOfWhichNothingArrivedHasNoLatency() {
        Arrivals arrivals = new Arrivals(3);
        assertThat(arrivals.percentileMillis(50)).isZero();
        assertThat(arrivals.late()).isZero();
        assertThat(arrivals.wholeFrames(3)).isZero();
    }
}
