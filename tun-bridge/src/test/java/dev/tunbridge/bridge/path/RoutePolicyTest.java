package dev.tunbridge.bridge.path;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RoutePolicyTest {
    private static final long MILLI = 1_000_000;
    private final RoutePolicy policy = new RoutePolicy();
    private long nowMillis;

    @ParameterizedTest
    @CsvSource({"1, 0, 202, 220", "50, 5, 250, 300", "200, 100, 600, 800", "1500, 400, 9999, 3000", "0.1, 0, 5, 200"})
    void waitsForTheOuterConnectionsRepair(double rtt, double variation, double rto, int wanted) {
        assertThat(policy.sample(sample(rtt, variation, rto))).isEqualTo(wanted != RoutePolicy.MINIMUM_MILLIS);
        assertThat(policy.rtoMinMillis()).isEqualTo(wanted);
    }

    @Test
    void isNotMovedByABackedOffTimeout() {
        policy.sample(sample(50, 5, 250));
        nowMillis += 60_000;
        assertThat(policy.sample(sample(50, 5, 64_000))).isFalse();
        assertThat(policy.rtoMinMillis()).isEqualTo(300);
    }

    @Test
    void followsALongerPathWithinASecond() {
        policy.sample(sample(50, 5, 250));
        nowMillis += 500;
        assertThat(policy.sample(sample(150, 10, 350))).isFalse();
        nowMillis += 500;
        assertThat(policy.sample(sample(150, 10, 350))).isTrue();
        assertThat(policy.rtoMinMillis()).isEqualTo(500);
    }

    @Test
    void followsAShorterPathOnlyOnceItHasLasted() {
        policy.sample(sample(400, 5, 600));
        assertThat(policy.rtoMinMillis()).isEqualTo(1000);
        for (int i = 0; i < 99; i++) {
            nowMillis += 100;
            assertThat(policy.sample(sample(i == 50 ? 60 : 50, 5, 260))).isFalse();
        }
        nowMillis += 100;
        assertThat(policy.sample(sample(50, 5, 250))).isTrue();
        assertThat(policy.rtoMinMillis()).isEqualTo(320); // the longest of these ten seconds
    }

    @Test
    void staysWhereThePathWavers() {
        policy.sample(sample(50, 5, 250));
        for (int i = 0; i < 1000; i++) {
            nowMillis += 50;
            assertThat(policy.sample(sample(i % 2 == 0 ? 45 : 65, 5, 260))).isFalse();
        }
    }

    @Test
    void saysNothingBeforeTheFirstRoundTrip() {
        assertThat(policy.sample(sample(0, 0, 1000))).isFalse();
        assertThat(policy.rtoMinMillis()).isEqualTo(200);
    }

    private PathSample sample(double rttMillis, double variationMillis, double rtoMillis) {
        return new PathSample(
                nowMillis * MILLI,
                (long) (rttMillis * MILLI),
                (long) (variationMillis * MILLI),
                (long) (rttMillis * MILLI),
                (long) (rtoMillis * MILLI),
                0,
                PathSample.Limit.PATH,
                0,
                10,
                1448,
                0,
                0,
                3,
                0);
    }
}
