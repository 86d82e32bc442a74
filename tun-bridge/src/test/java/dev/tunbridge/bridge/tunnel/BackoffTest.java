package dev.tunbridge.bridge.tunnel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class BackoffTest {
    private static final long FIRST = TimeUnit.SECONDS.toNanos(1);
    private static final long MOST = TimeUnit.MINUTES.toNanos(2);

    @Test
    void doublesUpToTheMostGiveOrTakeAQuarterAndIsNeverLonger() {
        for (int seed = 0; seed < 100; seed++) {
            Backoff backoff = new Backoff(FIRST, MOST, new Random(seed));
            long expected = FIRST;
            for (int i = 0; i < 12; i++) {
                assertThat(backoff.nextNanos()).isBetween(expected * 3 / 4, Math.min(MOST, expected * 5 / 4));
                expected = Math.min(MOST, expected * 2);
            }
            backoff.reset();
            assertThat(backoff.nextNanos()).isLessThanOrEqualTo(FIRST * 5 / 4);
        }
    }

    @Test
    void aFirstWaitBeyondTheMostIsTheMost() {
        Backoff backoff = new Backoff(MOST, FIRST, new Random(1));
        for (int i = 0; i < 100; i++) {
            assertThat(backoff.nextNanos()).isBetween(FIRST * 3 / 4, FIRST);
        }
    }

    @Test
    void twoDevicesDoNotReturnInStepNotEvenAtTheMost() {
        Backoff one = new Backoff(FIRST, FIRST, new Random(1));
        Backoff other = new Backoff(FIRST, FIRST, new Random(2));
        assertThat(one.nextNanos()).isNotEqualTo(other.nextNanos());
    }

    @Test
    void aSessionThatDidNotLastShortensNoWait() {
        Backoff backoff = new Backoff(FIRST, MOST, new Random(3));
        long waited = 0;
        int calls = 0;
        while (waited < TimeUnit.MINUTES.toNanos(60)) {
            waited += backoff.nextNanos();
            backoff.sessionEnded(TimeUnit.MILLISECONDS.toNanos(500));
            calls++;
        }
        assertThat(calls).as("in an hour").isLessThan(50);
        backoff.sessionEnded(Backoff.LASTING_NANOS);
        assertThat(backoff.nextNanos()).isLessThanOrEqualTo(FIRST * 5 / 4);
    }
}
