package dev.tunbridge.reassembly.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.reassembly.stream.KernelView;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class KernelLossTest {
    private static final long SOON = TimeUnit.MILLISECONDS.toNanos(5);
    private static final long LONG = TimeUnit.MINUTES.toNanos(1);

    private final KernelLoss loss = new KernelLoss();

    @Test
    void aKernelThatIsOnlySlowHasLostNothing() {
        assertThat(loss.isProven(0, false, LONG)).isFalse();
    }

    @Test
    void aSegmentOutOfOrderInTheKernelAloneProvesIt() {
        assertThat(loss.isProven(1, false, SOON)).isTrue();
    }

    @Test
    void whatComesBehindAHoleOfTheCaptureProvesNothing() {
        loss.holeSeen();
        assertThat(loss.isProven(3, true, SOON)).isFalse();
        loss.agree(3);
        assertThat(loss.isProven(3, false, LONG))
                .as("all of it was of that hole")
                .isFalse();
        assertThat(loss.isProven(4, false, SOON)).isTrue();
    }

    @Test
    void whereNothingCanBeComparedTimeTells() {
        loss.holeSeen();
        assertThat(loss.isProven(3, false, KernelLoss.UNTOLD_NANOS - 1)).isFalse();
        assertThat(loss.isProven(3, true, KernelLoss.UNTOLD_NANOS)).isTrue();
        assertThat(new KernelLoss().isProven(KernelView.UNKNOWN, false, SOON)).isFalse();
        assertThat(new KernelLoss().isProven(KernelView.UNKNOWN, false, KernelLoss.UNTOLD_NANOS))
                .isTrue();
    }
}
