package dev.tunbridge.sim.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tunbridge.sim.lab.Lab;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A real TUN device between a sender that never rests and a slow reader. */
class TunPipelineTest {
    private static final Duration SHORT = Duration.ofMillis(800);

    @Test
    void aDeviceAsLinuxHasItDropsWhatItsReaderDoesNotTake() throws Exception {
        PipelineResult result = play(20, Shaping.NONE);
        assertThat(result.dropped()).isGreaterThan(result.read());
        assertThat(result.sent() - result.read() - result.dropped())
                .as("what is neither read nor dropped is still in the queue")
                .isBetween(0L, 20L);
        assertThat(result.lossPercent()).isBetween(50.0, 100.0);
    }

    @Test
    void behindATokenBucketTheSenderWaitsInstead() throws Exception {
        // Room for half a second in which the reader gets no processor.
        PipelineResult result = play(500, Shaping.TOKEN_BUCKET);
        assertThat(result.dropped()).isZero();
        assertThat(result.read()).isPositive();
        assertThat(result.megabitsPerSecond()).isLessThanOrEqualTo(12);
    }

    @Test
    void whatCannotBeIsRefusedWithWhatCan() {
        assertThatThrownBy(() -> new PipelineOptions(0, 1_000, Shaping.NONE, SHORT))
                .hasMessageContaining("queueLength: 0");
        assertThatThrownBy(() -> new PipelineOptions(1, 0, Shaping.NONE, SHORT))
                .hasMessageContaining("packetsPerSecond: 0");
        assertThatThrownBy(() -> new PipelineOptions(1, 1, Shaping.NONE, Duration.ZERO))
                .hasMessageContaining("length");
    }

    private static PipelineResult play(int queueLength, Shaping shaping) throws Exception {
        Optional<String> missing = Lab.unavailable();
        assumeTrue(missing.isEmpty(), () -> "skipped: " + missing.orElse(""));
        return TunPipeline.play(new PipelineOptions(queueLength, 1_000, shaping, SHORT));
    }
}
