package dev.tunbridge.bridge.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.junit.jupiter.api.Test;

class SharedBytesTest {
    private static final int CHANNELS = 50;
    private static final int HOLDERS = 2 * CHANNELS;
    private static final RelayLimits LIMITS = new RelayLimits(CHANNELS, 10, 100, 1 << 20, 1 << 20, 1_000, 1_000, 1_000);

    @Test
    void theSumStaysWithinTheBoundAndNobodyIsWithoutHisOwn() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        SharedBytes shared = new SharedBytes(LIMITS);
        long[] held = new long[HOLDERS];
        long sum = 0;
        for (int step = 0; step < 40_000; step++) {
            int who = random.nextInt(HOLDERS);
            long most = shared.mostBytes(held[who]);
            assertThat(most).as("seed %d step %d", seed, step).isGreaterThanOrEqualTo(RelayLimits.OWN_BYTES);
            long next = random.nextInt(4) == 0 ? random.nextInt((int) held[who] + 1) : Math.max(held[who], most);
            shared.change(held[who], next);
            sum += next - held[who];
            held[who] = next;
            assertThat(sum)
                    .as("seed %d step %d", seed, step)
                    .isEqualTo(shared.heldBytes())
                    .isLessThanOrEqualTo(1 << 20);
        }
    }

    @Test
    void oneAloneTakesHalfAndLeavesTheOthersTheirs() {
        SharedBytes shared = new SharedBytes(LIMITS);
        long pool = (1L << 20) - (long) HOLDERS * RelayLimits.OWN_BYTES;
        long alone = shared.mostBytes(0);
        assertThat(alone).isEqualTo(RelayLimits.OWN_BYTES + pool / 2);
        shared.change(0, alone);
        assertThat(shared.mostBytes(alone)).as("and no more by asking again").isEqualTo(alone);
        assertThat(shared.mostBytes(0)).isEqualTo(RelayLimits.OWN_BYTES + pool / 4);
    }

    @Test
    void aBoundThatHasNoRoomForAllChannelsIsRefused() {
        assertThatThrownBy(() -> new RelayLimits(CHANNELS, 10, 100, 1 << 20, HOLDERS * 1024 - 1, 1, 1, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("totalBytes is 102399; allowed 102400 to 1073741824");
        assertThatThrownBy(() -> new RelayLimits(CHANNELS, CHANNELS + 1, 100, 1 << 20, 1 << 20, 1, 1, 1))
                .hasMessage("halfOpen is 51; allowed 1 to 50");
    }
}
