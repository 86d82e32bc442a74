package dev.tunbridge.sim.bench.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tunbridge.bridge.config.ConfigException;
import dev.tunbridge.sim.link.LinkSettingException;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/** What is typed becomes a plan, or is refused. */
class BenchPlanTest {

    @Test
    void peersTakeTurnsAndShareTheSeedOfTheirRepetition() throws LinkSettingException {
        BenchPlan plan = plan(List.of("direct", "vtun"), List.of("tcp"), List.of());
        assertThat(plan.cells(plan.peers()))
                .extracting(cell -> cell.peer().name() + " " + cell.run() + " " + cell.seed())
                .containsExactly("direct 0 7", "vtun 0 7", "direct 1 8", "vtun 1 8");
        assertThat(plan.reference()).isEqualTo("direct");
    }

    @Test
    void whatIsNotKnownIsRefusedWithWhatIsAllowed() {
        assertThatThrownBy(() -> plan(List.of("vtun", "vtun"), List.of("tcp"), List.of()))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("vtun")
                .hasMessageContaining("each peer once");
        assertThatThrownBy(() -> plan(List.of("vtun"), List.of("tcp"), List.of("loss=200")))
                .isInstanceOf(LinkSettingException.class)
                .hasMessageContaining("loss");
    }

    private static BenchPlan plan(List<String> peers, List<String> workloads, List<String> link)
            throws LinkSettingException {
        return BenchPlan.of(new BenchOptions(
                peers, List.of("wan1"), workloads, List.of(), link, 2, 7, 1, OptionalInt.empty(), 0, ""));
    }
}
