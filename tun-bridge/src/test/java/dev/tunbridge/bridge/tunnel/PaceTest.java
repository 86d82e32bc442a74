package dev.tunbridge.bridge.tunnel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class PaceTest {
    private static final long HALF = TimeUnit.MILLISECONDS.toNanos(500);
    /** Longer than the burst takes: otherwise the first steady one is due with its end. */
    private static final long STEADY = 5 * HALF;

    /** The scale of System.nanoTime has no zero of its own. */
    private long now = Long.MAX_VALUE - HALF;

    private final Pace pace = new Pace(4, HALF, STEADY);

    @Test
    void isFreeAtFirstAndThenKeepsItsSpacing() {
        assertThat(pace.waitNanos(now)).isZero();
        pace.did(now);
        assertThat(pace.waitNanos(now)).isEqualTo(HALF);
        assertThat(pace.waitNanos(now + HALF)).isZero();
    }

    @Test
    void isSteadyWhereItNeverRests() {
        long began = now;
        int times = 0;
        while (now - began < 100 * STEADY) {
            long wait = pace.waitNanos(now);
            if (wait == 0) {
                pace.did(now);
                times++;
            }
            now += Math.max(wait, 1);
        }
        assertThat(times).isBetween(100, 105);
    }

    @Test
    void hasItsBurstAgainAfterARest() {
        for (int i = 0; i < 4; i++) {
            assertThat(pace.waitNanos(now)).isZero();
            pace.did(now);
            now += HALF;
        }
        assertThat(pace.waitNanos(now)).isPositive();
        now += 4 * STEADY;
        for (int i = 0; i < 4; i++) {
            assertThat(pace.waitNanos(now)).isZero();
            pace.did(now);
            now += HALF;
        }
    }
}
