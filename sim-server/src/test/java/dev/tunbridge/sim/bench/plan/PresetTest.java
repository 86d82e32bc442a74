package dev.tunbridge.sim.bench.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.sim.bench.Bench;
import dev.tunbridge.sim.link.LinkProfile;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The comparisons that are asked for by one word. */
class PresetTest {
    @Test
    void everyPresetCanBePlayedAndSaysHowLongItTakes() throws Exception {
        for (Preset preset : List.of(Preset.STANDARD, Preset.QUICK, Preset.FULL)) {
            BenchOptions options = new BenchOptions(
                    preset.peers(),
                    preset.profiles(),
                    preset.workloads(),
                    List.of(),
                    List.of(),
                    preset.runs(),
                    1,
                    preset.seconds(),
                    preset.warmUpSeconds(),
                    0,
                    "",
                    1,
                    preset.lacking());
            BenchPlan plan = BenchPlan.of(options);
            assertThat(new HashSet<>(plan.workloads())).as("each once").hasSameSizeAs(plan.workloads());
            assertThat(Bench.prepare(options).estimate())
                    .startsWith(plan.peers().size()
                                    * plan.profiles().size()
                                    * plan.workloads().size()
                                    * preset.runs()
                            + " cells, about ");
            if (preset.equals(Preset.QUICK)) {
                assertThat(plan.timeLeft(plan.peers()).estimate()).hasMinutes(2);
            }
        }
        assertThat(Preset.FULL.profiles())
                .containsExactlyInAnyOrderElementsOf(LinkProfile.names().stream()
                        .filter(name -> !name.equals("clear"))
                        .toList());
    }
}
