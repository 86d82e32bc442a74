package dev.tunbridge.bridge.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OutageRetryTest {
    private static final long MILLISECOND = 1_000_000;
    private static final long LOOK = 10 * MILLISECOND;
    private static final long TIMEOUT = 250 * MILLISECOND;
    private static final long MOST = 1_000 * MILLISECOND;

    /** A kernel that begins an outage, and does as it is told. */
    private static List<Long> tries(OutageRetry retry, long outageNanos) {
        List<Long> tries = new ArrayList<>();
        assertThat(retry.isDue(0, 5_000, 0, TIMEOUT, 0)).isFalse();
        long sent = TIMEOUT; // its first timeout
        for (long now = LOOK; now <= outageNanos; now += LOOK) {
            long backoff = now < TIMEOUT ? 0 : 1;
            if (retry.isDue(now, 5_000, backoff, TIMEOUT << backoff, now < TIMEOUT ? now : now - sent)) {
                tries.add((now - sent) / MILLISECOND);
                sent = now;
            }
        }
        return tries;
    }

    @Test
    void waitsForATimeoutAtLeast() {
        assertThat(tries(new OutageRetry(MOST), 2_000 * MILLISECOND)).hasSize(7).containsOnly(250L);
    }

    @ParameterizedTest
    @ValueSource(longs = {4_000, 5_000, 7_000})
    void waitsForAnEighthOfTheOutage(long outageMillis) {
        List<Long> tries = tries(new OutageRetry(MOST), outageMillis * MILLISECOND);
        assertThat(tries).isSorted();
        assertThat(tries.get(tries.size() - 1)).isBetween(outageMillis / 10, outageMillis / 8);
    }

    @ParameterizedTest
    @ValueSource(longs = {12_000, 600_000})
    void waitsNoLongerThanTheMost(long outageMillis) {
        assertThat(tries(new OutageRetry(MOST), outageMillis * MILLISECOND))
                .isSorted()
                .last()
                .isEqualTo(1_000L);
    }

    @Test
    void neverTriesWhileTheKernelHasNotDoubledItsTimeout() {
        OutageRetry retry = new OutageRetry(MOST);
        for (long now = 0; now < 10 * MOST; now += LOOK) {
            assertThat(retry.isDue(now, 5_000 + now, 0, TIMEOUT, now)).isFalse();
            assertThat(retry.takeEnd()).isFalse();
        }
    }

    @Test
    void neverTriesWhereTheKernelDoesNotTell() {
        OutageRetry retry = new OutageRetry(MOST);
        for (long now = 0; now < 10 * MOST; now += LOOK) {
            assertThat(retry.isDue(now, 5_000, -1, TIMEOUT, now)).isFalse();
        }
    }

    @Test
    void beginsAnewAfterAnAcknowledgement() {
        OutageRetry retry = new OutageRetry(MOST);
        assertThat(tries(retry, 60_000 * MILLISECOND)).last().isEqualTo(1_000L);
        long now = 60_000 * MILLISECOND;
        assertThat(retry.takeEnd()).isFalse();
        assertThat(retry.isDue(now, 6_000, 0, TIMEOUT, 0)).isFalse();
        assertThat(retry.takeEnd()).isTrue();
        assertThat(retry.takeEnd()).isFalse();
        assertThat(retry.isDue(now + TIMEOUT, 6_000, 1, 2 * TIMEOUT, 0)).isFalse();
        assertThat(retry.isDue(now + 2 * TIMEOUT, 6_000, 1, 2 * TIMEOUT, TIMEOUT))
                .isTrue();
    }

    @Test
    void aRoundTripLongerThanTheMostIsWaitedFor() {
        OutageRetry retry = new OutageRetry(MOST);
        long timeout = 3 * MOST;
        assertThat(retry.isDue(0, 5_000, 0, timeout, 0)).isFalse();
        assertThat(retry.isDue(2 * timeout - LOOK, 5_000, 1, 2 * timeout, timeout - LOOK))
                .isFalse();
        assertThat(retry.isDue(2 * timeout, 5_000, 1, 2 * timeout, timeout)).isTrue();
    }
}
