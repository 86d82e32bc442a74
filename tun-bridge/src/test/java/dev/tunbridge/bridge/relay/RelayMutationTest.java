package dev.tunbridge.bridge.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.tunbridge.bridge.simulation.Trace;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The simulation must be able to say no: each of these breaks something in one place. */
class RelayMutationTest {
    private static final int SEEDS = 100;

    @ParameterizedTest
    @EnumSource(value = RelayMutation.class, mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void isFoundOut(RelayMutation mutation) {
        for (long seed = 0; seed < SEEDS; seed++) {
            try (RelaySimulation simulation = new RelaySimulation(RelayScenario.draw(seed), mutation, Trace.none())) {
                simulation.run();
            } catch (IllegalArgumentException | AssertionError e) {
                if (String.valueOf(e.getMessage()).contains(mutation.complaint())) {
                    return;
                }
            }
        }
        fail("nobody noticed in %d seeds that something %s", SEEDS, mutation);
    }

    @Test
    void aSeedDecidesEverything() {
        for (long seed = 0; seed < 10; seed++) {
            assertThat(lines(seed)).as("seed %d", seed).isNotEmpty().isEqualTo(lines(seed));
        }
    }

    private static List<String> lines(long seed) {
        Trace trace = Trace.ofLast(10_000);
        try (RelaySimulation simulation = new RelaySimulation(RelayScenario.draw(seed), RelayMutation.NONE, trace)) {
            simulation.run();
        }
        return trace.lines();
    }
}
