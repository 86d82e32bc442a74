package dev.tunbridge.reassembly.capture;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;

class KernelClockTest {
    private final KernelClock clock = new KernelClock();

    @Test
    void convertsAStampToTheMonotonicScale() {
        clock.sample();
        clock.emptied();
        long before = System.nanoTime();
        Instant stamp = Instant.now();
        long after = System.nanoTime();
        clock.sample();
        // The two offsets differ by what the clocks drift, and by the 20 us within which they are read together.
        assertThat(convert(stamp)).isBetween(before - 20_000, after + 20_000);
    }

    @Test
    void aClockThatWasSetMovesNoStampOutOfTheTimeOfItsPacket() {
        clock.sample();
        clock.emptied();
        long emptied = clock.nowNanos();
        clock.sample();
        assertThat(convert(Instant.now().minusSeconds(3_600))).isEqualTo(emptied);
        assertThat(convert(Instant.now().plusSeconds(3_600))).isEqualTo(clock.nowNanos());
    }

    private long convert(Instant stamp) {
        return clock.toNanoTime((int) stamp.getEpochSecond(), stamp.getNano());
    }
}
