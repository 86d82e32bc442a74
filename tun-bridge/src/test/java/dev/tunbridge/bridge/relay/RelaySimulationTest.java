package dev.tunbridge.bridge.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.bridge.simulation.Trace;
import java.util.Locale;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * Many seeds, each a world of its own. {@code -Dtunbridge.relay.seeds=N} says how many, {@code -Dtunbridge.relay.seed=S} runs one alone and
 * shows what happens.
 */
class RelaySimulationTest {
    private static final int DEFAULT_SEEDS = 150;
    private static final int TRACE_LINES = 80;

    @Test
    void everyByteComesOnceAndInOrderOrBothEndsKnow() {
        Long alone = Long.getLong("tunbridge.relay.seed");
        if (alone != null) {
            runOne(alone);
            return;
        }
        int seeds = Integer.getInteger("tunbridge.relay.seeds", DEFAULT_SEEDS);
        RelaySimulation.Outcome sum = LongStream.range(0, seeds)
                .parallel()
                .mapToObj(RelaySimulationTest::explained)
                .reduce(RelaySimulation.Outcome.NONE, RelaySimulation.Outcome::plus);
        System.out.printf(Locale.ROOT, "simulated %d seeds: %s%n", seeds, sum);
        assertThat(sum.complete()).as("exchanges that came to their end").isPositive();
        assertThat(sum.early()).as("datagrams that went past a hole").isPositive();
        assertThat(sum.misbehaviours()).as("rules broken").isPositive();
    }

    private static void runOne(long seed) {
        Trace trace = Trace.ofLast(10_000);
        System.out.println(RelayScenario.draw(seed));
        try {
            System.out.println(run(seed, trace));
        } finally {
            trace.lines().forEach(System.out::println);
        }
    }

    private static RelaySimulation.Outcome run(long seed, Trace trace) {
        try (RelaySimulation simulation = new RelaySimulation(RelayScenario.draw(seed), RelayMutation.NONE, trace)) {
            simulation.run();
            return simulation.outcome();
        }
    }

    /** Runs a seed that fails again, to tell what came before. */
    private static RelaySimulation.Outcome explained(long seed) {
        try {
            return run(seed, Trace.none());
        } catch (RuntimeException | AssertionError e) {
            Trace trace = Trace.ofLast(TRACE_LINES);
            try {
                run(seed, trace);
            } catch (RuntimeException | AssertionError again) {
                // The same.
            }
            throw new AssertionError(
                    "seed " + seed + ": " + e
                            + "\nrun it again with\n  ./mvnw -q test -pl tun-bridge -am -Djacoco.skip=true"
                            + " -Dtest=RelaySimulationTest -Dsurefire.failIfNoSpecifiedTests=false -Dtunbridge.relay.seed="
                            + seed + "\n" + RelayScenario.draw(seed) + "\nthe last that happened:\n"
                            + String.join("\n", trace.lines()),
                    e);
        }
    }
}
