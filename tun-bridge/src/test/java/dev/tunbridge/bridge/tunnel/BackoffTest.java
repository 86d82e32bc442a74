package dev.tunbridge.bridge.tunnel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class BackoffTest {
    private static final long FIRST = TimeUnit.SECONDS.toNanos(1);
    private static final long MOST = TimeUnit.MINUTES.toNanos(2);

    @Test
    void doublesUpToTheMostGiveOrTakeAQuarter() {
        for (int seed = 0; seed < 100; seed++) {
            Backoff backoff = new Backoff(FIRST, MOST, new Random(seed));
            long expected = FIRST;
            for (int i = 0; i < 12; i++) {
                assertThat(backoff.nextNanos()).isBetween(expected * 3 / 4, expected * 5 / 4);
                expected = Math.min(MOST, expected * 2);
            }
            backoff.reset();
            assertThat(backoff.nextNanos()).isLessThanOrEqualTo(FIRST * 5 / 4);
        }
    }

    @Test
    void twoDevicesDoNotReturnInStep() {
        assertThat(new Backoff(FIRST, MOST, new Random(1)).nextNanos())
                .isNotEqualTo(new Backoff(FIRST, MOST, new Random(2)).nextNanos());
    }
}
