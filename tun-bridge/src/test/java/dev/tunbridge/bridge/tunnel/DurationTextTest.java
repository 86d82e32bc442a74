package dev.tunbridge.bridge.tunnel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class DurationTextTest {
    @Test
    void saysWhatAnOperatorWantsToKnow() {
        assertThat(DurationText.of(TimeUnit.MILLISECONDS.toNanos(480))).isEqualTo("0.5 s");
        assertThat(DurationText.of(TimeUnit.SECONDS.toNanos(45))).isEqualTo("45.0 s");
        assertThat(DurationText.of(TimeUnit.MINUTES.toNanos(45))).isEqualTo("45 min");
        assertThat(DurationText.of(TimeUnit.HOURS.toNanos(30))).isEqualTo("30 h");
    }
}
