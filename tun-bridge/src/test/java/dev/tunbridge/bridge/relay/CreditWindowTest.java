package dev.tunbridge.bridge.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

class CreditWindowTest {
    private static final long MILLISECOND = 1_000_000;
    private static final long ROUND_TRIP = 50 * MILLISECOND;
    private static final long NO_LIMIT = Long.MAX_VALUE;

    private final CreditWindow window = new CreditWindow(16_384, 4 << 20, 0);

    @Test
    void beginsSmall() {
        assertThat(window.dueBytes(NO_LIMIT)).isEqualTo(16_384);
        assertThat(window.dueBytes(5_000)).as("or with the room that there is").isEqualTo(5_000);
    }

    @Test
    void growsToTwiceWhatTheServiceTakesInARoundTrip() {
        long rate = 10_000_000;
        carry(rate, 2_000 * MILLISECOND);
        assertThat((double) window.windowBytes()).isCloseTo(2.0 * rate * 0.05, within(0.15 * rate * 0.05));
    }

    @Test
    void goesBackWithTheService() {
        carry(10_000_000, 2_000 * MILLISECOND);
        carry(100_000, 5_000 * MILLISECOND);
        assertThat(window.windowBytes()).isLessThan(20_000);
    }

    @Test
    void neverGoesAboveItsMostNorBelowItsLeast() {
        carry(1_000_000_000, 2_000 * MILLISECOND);
        assertThat(window.windowBytes()).isEqualTo(4 << 20);
        carry(1, 20_000 * MILLISECOND);
        assertThat(window.windowBytes()).isEqualTo(16_384);
    }

    /** However small the room: a server that has none left gets some as soon as anything is free. */
    @Test
    void aServerWithoutCreditIsNeverForgotten() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        CreditWindow small = new CreditWindow(16_384, 1 << 20, 0);
        long now = 0;
        for (int step = 0; step < 20_000; step++) {
            now += random.nextInt(20_000_000);
            long room = 1_024L + random.nextInt(40_000);
            small.grant(small.dueBytes(room));
            assertThat(small.leftBytes() > 0 || small.untakenBytes() > 0)
                    .as("seed %d step %d", seed, step)
                    .isTrue();
            small.receive(random.nextInt(1 + (int) small.leftBytes()));
            small.take(random.nextInt(1 + (int) small.untakenBytes()), ROUND_TRIP, now);
        }
    }

    private long now;

    /** A server that always has something to send, a round trip away, and a service that takes at this rate. */
    private void carry(long bytesPerSecond, long nanos) {
        long step = MILLISECOND;
        java.util.ArrayDeque<long[]> underWay = new java.util.ArrayDeque<>();
        long end = now + nanos;
        while (now < end) {
            long due = window.dueBytes(NO_LIMIT);
            if (due > 0) {
                window.grant(due);
                underWay.add(new long[] {now + ROUND_TRIP, due});
            }
            for (long[] next = underWay.peek(); next != null && next[0] <= now; next = underWay.peek()) {
                window.receive(underWay.remove()[1]);
            }
            long taken = Math.min(window.untakenBytes(), Math.max(1, bytesPerSecond * step / 1_000_000_000));
            if (taken > 0) {
                window.take(taken, ROUND_TRIP, now);
            }
            now += step;
        }
        window.receive(window.leftBytes());
    }
}
