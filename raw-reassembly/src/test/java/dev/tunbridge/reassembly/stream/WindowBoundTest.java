package dev.tunbridge.reassembly.stream;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class WindowBoundTest {
    private final WindowBound bound = new WindowBound();

    @Test
    void isWhatTheKernelWouldGrantWithAnEmptyBuffer() {
        assertThat(bound.bytes(0, 64_128, 7)).isEqualTo(64_128);
    }

    @Test
    void isRoundedUpToWhatTheScaleCanSay() {
        assertThat(bound.bytes(0, 64_001, 7)).isEqualTo(64_128);
        assertThat(bound.bytes(0, 64_129, 0)).isEqualTo(64_129);
    }

    @Test
    void takesNoEdgeBack() {
        bound.bytes(0, 64_000, 0);
        assertThat(bound.bytes(10_000, 6_000, 0)).as("memory is short by now").isEqualTo(54_000);
        assertThat(bound.bytes(64_000, 6_000, 0)).isEqualTo(6_000);
    }

    @Test
    void knowsNothingWhereTheKernelSaysNothing() {
        assertThat(bound.bytes(KernelView.UNKNOWN, 64_000, 7)).isEqualTo(KernelView.UNKNOWN);
        assertThat(bound.bytes(0, KernelView.UNKNOWN, 7)).isEqualTo(KernelView.UNKNOWN);
    }

    /** A receiver as in tcp_select_window and __tcp_select_window (net/ipv4/tcp_output.c), with a reader that dawdles. */
    @Test
    void isNeverLessThanTheWindowOfAReceiverThatIsAskedNowAndThen() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int round = 0; round < 200; round++) {
            WindowBound bound = new WindowBound();
            int scale = random.nextInt(15);
            long buffer = 20_000L + random.nextInt(6_000_000);
            long threshold = Math.min(buffer, 64_000);
            long received = 0;
            long unread = 0;
            long edge = threshold;
            for (int step = 0; step < 500; step++) {
                long arrived = Math.min(random.nextInt(3_000), edge - received);
                received += arrived;
                unread = random.nextBoolean() ? 0 : unread + arrived;
                threshold = Math.min(buffer, threshold + random.nextInt(3_000));
                long free = Math.max(0, buffer - unread);
                long unit = 1L << scale;
                long granted = (Math.min(free, threshold) + unit - 1) / unit * unit;
                edge = Math.max(edge, received + granted);
                if (random.nextInt(4) == 0 || step == 0) {
                    assertThat(bound.bytes(received, threshold, scale))
                            .as("seed %d, round %d, step %d", seed, round, step)
                            .isGreaterThanOrEqualTo(edge - received);
                }
            }
        }
    }
}
