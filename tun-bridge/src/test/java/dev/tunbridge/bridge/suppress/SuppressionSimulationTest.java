package dev.tunbridge.bridge.suppress;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * Many seeds, each a world of its own. {@code -Dtunbridge.suppression.seeds=N} says how many, {@code -Dtunbridge.suppression.seed=S} runs
 * one alone.
 */
class SuppressionSimulationTest {
    private static final int DEFAULT_SEEDS = 2_000;

    @Test
    void nothingIsCarriedTwiceAndEverythingComesThrough() {
        Long alone = Long.getLong("tunbridge.suppression.seed");
        long first = alone == null ? 0 : alone;
        long seeds = alone == null ? Integer.getInteger("tunbridge.suppression.seeds", DEFAULT_SEEDS) : 1;
        AtomicLong suppressed = new AtomicLong();
        AtomicLong needless = new AtomicLong();
        LongStream.range(first, first + seeds).parallel().forEach(seed -> {
            SuppressionSimulation simulation = new SuppressionSimulation(seed);
            try {
                simulation.run();
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError(
                        "seed " + seed + ": " + e.getMessage()
                                + "\nrun it again with\n  ./mvnw -q test -pl tun-bridge -am"
                                + " -Djacoco.skip=true -Dtest=SuppressionSimulationTest"
                                + " -Dsurefire.failIfNoSpecifiedTests=false -Dtunbridge.suppression.seed=" + seed,
                        e);
            }
            suppressed.addAndGet(simulation.suppressed);
            needless.addAndGet(simulation.needless);
        });
        System.out.printf(
                Locale.ROOT,
                "simulated %d seeds: %,d bytes not sent twice, %,d sent twice%n",
                seeds,
                suppressed.get(),
                needless.get());
        if (alone == null) {
            assertThat(suppressed.get()).isPositive();
        }
        assertThat(needless.get())
                .as("bytes carried though the outer connection had them")
                .isZero();
    }
}
