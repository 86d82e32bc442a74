package dev.tunbridge.sim.bench.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.sim.bench.load.TcpWorkload;
import dev.tunbridge.sim.bench.measure.Measures;
import dev.tunbridge.sim.bench.measure.Metric;
import dev.tunbridge.sim.bench.measure.Spread;
import dev.tunbridge.sim.bench.plan.Cell;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What cells yield together. */
class DerivedTest {

    private static Cell.Outcome rate(Cell cell, double rate) {
        return new Cell.Measured(cell, Measures.ofBytes(1).with(Metric.RATE, rate));
    }

    @Test
    void severalFlowsScaleAgainstOneOfTheSamePeerLinkAndRepetition() throws Exception {
        BenchReport report = Reports.of(
                List.of("direct", "vtun"),
                List.of("wan1"),
                List.of("tcp:up", "tcp:up,flows=8", "tcp:down,flows=8"),
                3,
                cell -> {
                    double one = cell.peer().name().equals("direct") ? 2 : 1 + cell.run();
                    boolean isMany = ((TcpWorkload) cell.workload()).flows() == 8;
                    return rate(cell, isMany ? 6 : one);
                });
        assertThat(report.derived())
                .extracting(Derived::title, Derived::peer, Derived::spread)
                .containsExactly(
                        org.assertj.core.api.Assertions.tuple(
                                "scaling: wan1, tcp up, 8 flows, 10 s over 1 flow: rate",
                                "direct",
                                new Spread(3, 3, 3, 3)),
                        org.assertj.core.api.Assertions.tuple(
                                "scaling: wan1, tcp up, 8 flows, 10 s over 1 flow: rate",
                                "vtun",
                                new Spread(3, 2, 6, 3)));
        assertThat(report.table())
                .containsPattern(
                        "scaling: wan1, tcp up, 8 flows, 10 s over 1 flow: rate +3\\.00 \\(3\\.00–3\\.00\\) +3\\.00 \\(2\\.00–6\\.00\\)");
        assertThat(report.json()).contains("\"kind\":\"scaling\",\"profile\":\"wan1\"", "\"over\":\"1 flow\"");
    }

    @Test
    void whatIsKeptIsAgainstTheCleanLinkOfThatProfile() throws Exception {
        Map<String, Double> rates = Map.of("baseline", 80.0, "low", 60.0, "wan0", 20.0, "wan3", 5.0, "ge", 1.0);
        BenchReport report = Reports.of(
                List.of("ours"),
                List.of("baseline", "low", "wan0", "wan3", "ge", "medium"),
                List.of("tcp:down", "ping"),
                1,
                cell -> cell.profile().name().equals("medium")
                        ? new Cell.Failed(cell, List.of("it ended"))
                        : rate(cell, rates.getOrDefault(cell.profile().name(), 0.0)));
        assertThat(report.derived())
                .extracting(figure -> figure.profile().name() + " of " + figure.over() + " "
                        + figure.spread().median())
                .containsExactly("low of baseline 0.75", "wan3 of wan0 0.25");
        assertThat(report.table()).contains("kept: low, tcp down, 1 flow, 10 s over baseline: rate");
    }
}
