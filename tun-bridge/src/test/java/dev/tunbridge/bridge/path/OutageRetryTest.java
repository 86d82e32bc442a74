package dev.tunbridge.bridge.path;

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
    private static final long ACKED = 5_000;

    private final OutageRetry retry = new OutageRetry(MOST);

    private enum Kernel {
        OBEYS,
        /** No route, a driver that does not take anything, a firewall before the report. */
        DOES_NOTHING
    }

    /** The waits between tries in an outage that begins at 0. */
    private List<Long> waits(Kernel kernel, long outageNanos) {
        List<Long> waits = new ArrayList<>();
        assertThat(isDue(0, ACKED, 0, TIMEOUT, 0)).isFalse();
        long tried = TIMEOUT; // the kernel's own first
        for (long now = LOOK; now <= outageNanos; now += LOOK) {
            boolean isFirst = now < TIMEOUT;
            long sinceSent = isFirst ? now : now - (kernel == Kernel.OBEYS ? tried : TIMEOUT);
            if (isDue(now, ACKED, isFirst ? 0 : 1, isFirst ? TIMEOUT : 2 * TIMEOUT, sinceSent)) {
                waits.add((now - tried) / MILLISECOND);
                tried = now;
            }
        }
        return waits;
    }

    @ParameterizedTest
    @ValueSource(strings = {"OBEYS", "DOES_NOTHING"})
    void waitsForATimeoutAtLeast(String kernel) {
        assertThat(waits(Kernel.valueOf(kernel), 2_000 * MILLISECOND))
                .hasSize(7)
                .containsOnly(250L);
    }

    @ParameterizedTest
    @ValueSource(longs = {4_000, 5_000, 7_000})
    void waitsForAnEighthOfTheOutage(long outageMillis) {
        List<Long> waits = waits(Kernel.OBEYS, outageMillis * MILLISECOND);
        assertThat(waits).isSorted();
        assertThat(waits.get(waits.size() - 1)).isBetween(outageMillis / 10, outageMillis / 8);
    }

    @ParameterizedTest
    @ValueSource(strings = {"OBEYS", "DOES_NOTHING"})
    void waitsNoLongerThanTheMost(String kernel) {
        List<Long> waits = waits(Kernel.valueOf(kernel), 600_000 * MILLISECOND);
        assertThat(waits).isSorted().last().isEqualTo(1_000L);
        assertThat(waits).hasSizeLessThan(620);
    }

    @Test
    void neverTriesWhileTheKernelHasNotDoubledItsTimeout() {
        for (long now = 0; now < 10 * MOST; now += LOOK) {
            assertThat(isDue(now, ACKED + now, 0, TIMEOUT, now)).isFalse();
            assertThat(retry.takeEnd()).isFalse();
        }
    }

    @Test
    void aWindowThatIsClosedIsNoOutage() {
        assertThat(isDue(0, ACKED, 0, TIMEOUT, 0)).isFalse();
        for (long now = LOOK; now < 60 * MOST; now += LOOK) {
            OutageRetry.Timer probing = new OutageRetry.Timer(ACKED, 0, 5, TIMEOUT << 5, now);
            assertThat(retry.isDue(probing, now)).isFalse();
        }
        assertThat(isDue(60 * MOST, ACKED + 1, 0, TIMEOUT, 0)).isFalse();
        assertThat(retry.takeEnd()).isFalse();
    }

    @Test
    void neverTriesWhereTheKernelDoesNotTell() {
        for (long now = 0; now < 10 * MOST; now += LOOK) {
            assertThat(retry.isDue(new OutageRetry.Timer(-1, -1, -1, TIMEOUT, now), now))
                    .isFalse();
        }
    }

    @Test
    void endsWithAnAcknowledgementAndBeginsAnew() {
        assertThat(waits(Kernel.OBEYS, 60_000 * MILLISECOND)).last().isEqualTo(1_000L);
        long now = 60_000 * MILLISECOND;
        assertThat(isDue(now, ACKED, 0, TIMEOUT, 0))
                .as("taken back, not answered")
                .isFalse();
        assertThat(retry.takeEnd()).isFalse();
        assertThat(isDue(now, ACKED + 1, 0, TIMEOUT, 0)).isFalse();
        assertThat(retry.takeEnd()).isTrue();
        assertThat(retry.takeEnd()).isFalse();
        assertThat(isDue(now + TIMEOUT, ACKED + 1, 1, 2 * TIMEOUT, 0)).isFalse();
        assertThat(isDue(now + 2 * TIMEOUT, ACKED + 1, 1, 2 * TIMEOUT, TIMEOUT)).isTrue();
    }

    @Test
    void aRoundTripLongerThanTheMostIsWaitedFor() {
        long timeout = 3 * MOST;
        assertThat(isDue(0, ACKED, 0, timeout, 0)).isFalse();
        assertThat(isDue(2 * timeout - LOOK, ACKED, 1, 2 * timeout, timeout - LOOK))
                .isFalse();
        assertThat(isDue(2 * timeout, ACKED, 1, 2 * timeout, timeout)).isTrue();
    }

    private boolean isDue(long now, long acked, long backoff, long rtoNanos, long sinceSentNanos) {
        return retry.isDue(new OutageRetry.Timer(acked, backoff, backoff, rtoNanos, sinceSentNanos), now);
    }
}
