package dev.tunbridge.sim.bench.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.sim.bench.measure.Measures;
import dev.tunbridge.sim.bench.measure.Metric;
import dev.tunbridge.sim.bench.plan.Cell;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Of the cells of all and of each. */
class SuccessRateTest {
    private static final Measures TEN = Measures.ofBytes(1).with(Metric.RATE, 10);

    @Test
    void theSuccessRateCountsEachPeersCells() throws Exception {
        BenchReport report = Reports.of(
                List.of("direct", "vtun"),
                List.of("veth"),
                List.of("tcp:down"),
                2,
                cell -> cell.peer().name().equals("vtun") && cell.run() == 1
                        ? new Cell.Failed(cell, List.of("it ended"))
                        : new Cell.Measured(cell, TEN));
        assertThat(report.successRate()).hasToString("3 of 4 (75.0 %)");
        assertThat(report.successRate("direct").percent()).isEqualTo(100);
        assertThat(report.successRate("vtun")).isEqualTo(new SuccessRate(2, 1, 0));
        assertThat(report.json()).contains("\"vtun\":{\"planned\":2,\"measured\":1,\"retried\":0}");
        assertThat(report.isSuccess()).isFalse();
    }
}
