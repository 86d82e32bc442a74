package dev.tunbridge.sim.bench.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tunbridge.sim.bench.peer.EchoProbe;
import org.junit.jupiter.api.Test;

/** What is made of the times of a ping. */
class RoundTripsTest {
    private static final long MILLISECOND = 1_000_000;

    @Test
    void jitterIsTheMeanStepFromOneRoundTripToTheNext() {
        assertThat(RoundTrips.jitterNanos(new long[] {10, 30, 20, 20})).isEqualTo(10);
        assertThat(RoundTrips.jitterNanos(new long[] {10})).isZero();
    }

    @Test
    void aSpikeIsHowManyTimesTheAverageTheLongestTook() throws Exception {
        RoundTrips pings = RoundTrips.of(new long[] {10 * MILLISECOND, EchoProbe.LOST, 30 * MILLISECOND});
        assertThat(pings.spikeRatio()).isEqualTo(1.5);
        assertThat(pings.lost()).isEqualTo(1);
        assertThatThrownBy(() -> RoundTrips.of(new long[] {EchoProbe.LOST, EchoProbe.LOST}))
                .hasMessageContaining("none of 2 probes");
    }
}
