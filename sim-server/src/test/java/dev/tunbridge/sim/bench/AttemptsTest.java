package dev.tunbridge.sim.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.sim.bench.load.Workload;
import dev.tunbridge.sim.bench.measure.Measures;
import dev.tunbridge.sim.bench.measure.Metric;
import dev.tunbridge.sim.bench.peer.Peer;
import dev.tunbridge.sim.bench.plan.Cell;
import dev.tunbridge.sim.bench.report.BenchReport;
import dev.tunbridge.sim.bench.report.Reports;
import dev.tunbridge.sim.link.LinkProfile;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Cells that fail are tried again, and the report says so. */
class AttemptsTest {
    private static final Workload DOWN = Workload.parse("tcp:down", 10);
    private static final Cell CELL = new Cell(LinkProfile.VETH, DOWN, Peer.parse("direct", Map.of()), 0, 1);
    private static final Measures TEN = Measures.ofBytes(1).with(Metric.RATE, 10);

    @Test
    void aCellThatFailsOnceIsMeasuredAtTheSecondAttemptAndTheReportSaysSo() throws Exception {
        List<String> notes = new ArrayList<>();
        Iterator<Cell.Outcome> outcomes = List.<Cell.Outcome>of(
                        new Cell.Failed(CELL, List.of("no answer")), new Cell.Measured(CELL, TEN))
                .iterator();
        Cell.Outcome outcome = new Attempts(1).play(CELL, cell -> outcomes.next(), notes::add);
        assertThat(outcome).isEqualTo(new Cell.Measured(CELL, TEN, List.of("no answer")));
        assertThat(notes).containsExactly("veth, tcp down, 1 flow, 10 s, direct, run 1: tried again after: no answer");
        BenchReport report = Reports.of(List.of("direct"), List.of("veth"), List.of("tcp:down"), 1, cell -> outcome);
        assertThat(report.isSuccess()).isTrue();
        assertThat(report.table())
                .contains("cells measured: 1 of 1 (100.0 %), 1 of them at a later attempt")
                .contains("tried again: veth, tcp down, 1 flow, 10 s, direct, run 1: no answer");
        assertThat(report.json())
                .contains("\"success\":{\"planned\":1,\"measured\":1,\"retried\":1")
                .contains("\"faults\":[\"no answer\"]");
    }

    @Test
    void aCellThatKeepsFailingSaysWhyEachTimeAndIsTriedNoOftenerThanAllowed() throws Exception {
        Iterator<String> reasons =
                List.of("no answer", "not finished within 3 s", "never").iterator();
        Cell.Outcome outcome =
                new Attempts(1).play(CELL, cell -> new Cell.Failed(cell, List.of(reasons.next())), note -> {});
        assertThat(outcome)
                .isInstanceOfSatisfying(
                        Cell.Failed.class,
                        failed -> assertThat(failed.reason())
                                .isEqualTo("no answer; then not finished within 3 s (2 attempts)"));
        assertThat(reasons.next()).isEqualTo("never");
        Cell.Outcome once = new Attempts(0).play(CELL, cell -> new Cell.Failed(cell, List.of("no answer")), n -> {});
        assertThat(((Cell.Failed) once).reason()).isEqualTo("no answer");
    }
}
