package dev.tunbridge.bridge.path;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.bridge.config.AutoOr;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UnsentLimitTest {

    @ParameterizedTest
    @CsvSource({"1000, 4096", "2500000, 10000", "12500000, 50000", "125000000, 500000", "9000000000000000000, 4194304"})
    void isWhatThePathTakesInFourMilliseconds(long bytesPerSecond, int wanted) {
        UnsentLimit limit = new UnsentLimit(AutoOr.auto());
        assertThat(limit.bytes()).isEqualTo(UnsentLimit.LEAST_BYTES);
        assertThat(limit.follow(bytesPerSecond)).isEqualTo(wanted != UnsentLimit.LEAST_BYTES);
        assertThat(limit.bytes()).isEqualTo(wanted);
        assertThat(limit.isSet()).isTrue();
    }

    @Test
    void staysWhereTheRateWavers() {
        UnsentLimit limit = new UnsentLimit(AutoOr.auto());
        limit.follow(12_500_000);
        assertThat(limit.follow(13_500_000)).isFalse();
        assertThat(limit.follow(11_500_000)).isFalse();
        assertThat(limit.follow(20_000_000)).isTrue();
        assertThat(limit.follow(0)).isFalse();
        assertThat(limit.follow(-1)).isFalse();
        assertThat(limit.bytes()).isEqualTo(80_000);
    }

    @Test
    void isWhatTheUserSaid() {
        UnsentLimit limit = new UnsentLimit(AutoOr.fixed(5_000));
        assertThat(limit.follow(125_000_000)).isFalse();
        assertThat(limit.bytes()).isEqualTo(5_000);
        assertThat(limit.isSet()).isTrue();
    }

    @Test
    void isNoneWhereSwitchedOff() {
        UnsentLimit limit = new UnsentLimit(AutoOr.off());
        assertThat(limit.follow(1_000)).isFalse();
        assertThat(limit.isSet()).isFalse();
        assertThat(limit.bytes()).isEqualTo(UnsentLimit.MOST_BYTES);
    }
}
