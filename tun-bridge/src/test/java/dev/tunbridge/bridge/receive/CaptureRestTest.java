package dev.tunbridge.bridge.receive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.reassembly.stream.KernelView;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class CaptureRestTest {
    private static final long TURN_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final long FAST = 30_000;
    private static final long SLOW = 20_000;

    private final CaptureRest rest = new CaptureRest(0);
    private long nowNanos;
    private long position;
    private long sent;
    private long sentPerTurn;

    /** Turns of a millisecond each; the last answer. */
    private boolean mayRest(int turns, long bytesPerTurn, long outOfOrder) {
        boolean answer = false;
        for (int turn = 0; turn < turns; turn++) {
            nowNanos += TURN_NANOS;
            position += bytesPerTurn;
            sent += sentPerTurn;
            answer = rest.mayRest(position, sent, () -> outOfOrder, nowNanos);
        }
        return answer;
    }

    private boolean mustWake(int turns, long bytesPerTurn, long outOfOrder) {
        boolean answer = false;
        for (int turn = 0; turn < turns && !answer; turn++) {
            nowNanos += TURN_NANOS;
            position += bytesPerTurn;
            sent += sentPerTurn;
            answer = rest.mustWake(position, sent, () -> outOfOrder, nowNanos);
        }
        return answer;
    }

    @Test
    void restsAfterAFastSecondInOrder() {
        assertThat(mayRest(999, FAST, 0)).isFalse();
        assertThat(mayRest(1, FAST, 0)).isTrue();
    }

    @Test
    void aSegmentOutOfOrderBeginsThemAnew() {
        assertThat(mayRest(700, FAST, 0)).isFalse();
        assertThat(mayRest(100, FAST, 1)).isFalse();
        assertThat(mayRest(999, FAST, 1)).isFalse();
        assertThat(mayRest(1, FAST, 1)).isTrue();
    }

    @Test
    void restsBesideAFastUploadToo() {
        sentPerTurn = FAST;
        assertThat(mayRest(999, SLOW, 0)).isFalse();
        assertThat(mayRest(1, SLOW, 0)).isTrue();
        rest.begin(position, 0);
        assertThat(mustWake(5_000, SLOW, 0)).isFalse();
        sentPerTurn = 0;
        assertThat(mustWake(250, SLOW, 0)).isTrue();
    }

    @Test
    void neverRestsWhereTheKernelDoesNotCount() {
        assertThat(mayRest(10_000, FAST, KernelView.UNKNOWN)).isFalse();
    }

    @Test
    void aSlowPathNeverRests() {
        assertThat(mayRest(10_000, SLOW, 0)).isFalse();
        assertThat(mayRest(900, FAST, 0)).isFalse();
        assertThat(mayRest(200, FAST, 0)).isTrue();
    }

    @Test
    void wakesAtTheFirstSegmentOutOfOrder() {
        mayRest(2_000, FAST, 0);
        rest.begin(position, 7);
        assertThat(rest.isResting()).isTrue();
        assertThat(mustWake(5_000, FAST, 7)).isFalse();
        assertThat(mustWake(10, FAST, 8)).as("nothing waits while it goes on").isFalse();
        assertThat(mustWake(1, 0, 7)).isFalse();
        assertThat(mustWake(1, 0, 8)).isTrue();
        rest.end(nowNanos);
        assertThat(rest.isResting()).isFalse();
        assertThat(mayRest(999, FAST, 8)).isFalse();
        assertThat(mayRest(200, FAST, 8)).isTrue();
    }

    @Test
    void wakesWhereThePathBecomesSlowOrTheKernelSaysNothingAnyMore() {
        mayRest(2_000, FAST, 0);
        rest.begin(position, 0);
        assertThat(mustWake(1_000, FAST, 0)).isFalse();
        assertThat(mustWake(250, SLOW, 0)).isTrue();
        assertThat(mustWake(1, 0, KernelView.UNKNOWN)).isTrue();
    }
}
