package dev.tunbridge.bridge.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The judge must be able to say no: each of these breaks the receive side in one place. */
class MutationTest {
    private static final int SEEDS = 200;

    @ParameterizedTest
    @EnumSource(value = Mutation.class, mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void isFoundOut(Mutation mutation) {
        for (long seed = 0; seed < SEEDS; seed++) {
            try (Simulation simulation = new Simulation(Scenario.draw(seed), mutation, Trace.none())) {
                simulation.run();
            } catch (Violation e) {
                String said = String.valueOf(e.getMessage());
                if (said.contains(mutation.complaint())) {
                    return;
                }
            }
        }
        fail("nobody noticed in %d seeds that the receive side %s", SEEDS, mutation);
    }

    @Test
    void aSeedDecidesEverything() {
        for (long seed = 0; seed < 20; seed++) {
            assertThat(lines(seed)).as("seed %d", seed).isNotEmpty().isEqualTo(lines(seed));
        }
    }

    private static List<String> lines(long seed) {
        Trace trace = Trace.ofLast(10_000);
        try (Simulation simulation = new Simulation(Scenario.draw(seed), Mutation.NONE, trace)) {
            simulation.run();
        }
        return trace.lines();
    }
}
