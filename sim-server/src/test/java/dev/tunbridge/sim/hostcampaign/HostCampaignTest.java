package dev.tunbridge.sim.hostcampaign;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.sim.e2e.Scenes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Bridges on seeded hosts: {@code -Dtunbridge.host.runs=200} plays so many, {@code -Dtunbridge.host.seed=N} one, with all that
 * happened.
 */
class HostCampaignTest {
    private static final int RUNS = Integer.getInteger("tunbridge.host.runs", 6);
    private static final long FIRST_SEED = Long.getLong("tunbridge.host.first", 1);
    private static final boolean IS_TOLD = Boolean.getBoolean("tunbridge.host.told");
    private static final Long SEED = Long.getLong("tunbridge.host.seed");

    @BeforeAll
    static void requireLab() throws Exception {
        Scenes.requireLab();
        Scenes.requireProgram("nft");
    }

    @Test
    void leavesTheHostAsItWas() throws Exception {
        long begun = System.nanoTime();
        List<String> failures = new ArrayList<>();
        int killed = 0;
        int up = 0;
        long first = SEED != null ? SEED : FIRST_SEED;
        int runs = SEED != null ? 1 : RUNS;
        for (long seed = first; seed < first + runs; seed++) {
            SeededRun run = SeededRun.play(seed);
            killed += run.isKilled() ? 1 : 0;
            up += run.wasUp() ? 1 : 0;
            if (IS_TOLD || SEED != null || !run.faults().isEmpty()) {
                run.story().forEach(System.out::println);
            }
            if (!run.faults().isEmpty()) {
                String failure = "-Dtunbridge.host.seed=" + seed + ": " + String.join("\n    ", run.faults());
                System.out.println(failure);
                failures.add(failure);
            }
        }
        System.out.printf(
                "%d runs in %d s: %d were up, %d killed, %d differ%n",
                runs, Duration.ofNanos(System.nanoTime() - begun).toSeconds(), up, killed, failures.size());
        assertThat(failures).isEmpty();
    }
}
