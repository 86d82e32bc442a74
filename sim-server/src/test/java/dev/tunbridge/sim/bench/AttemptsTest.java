package dev.tunbridge.sim.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.sim.link.LinkProfile;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Cells that fail are tried again, and what is left to do is told from what was done. */
class AttemptsTest {
    private static final Workload DOWN = Workload.parse("tcp:down", 10);
    private static final Workload PING = Workload.parse("ping", 5);
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

    @Test
    void timeLeftIsPlannedLengthsAndWhatCellsTakeBesides() {
        TimeLeft left = new TimeLeft();
        for (int cell = 0; cell < 4; cell++) {
            left.plan(DOWN, Duration.ofSeconds(10));
            left.plan(PING, Duration.ofSeconds(5));
        }
        assertThat(left.estimate()).as("before anything is known").hasSeconds(4 * 13 + 4 * 8);
        left.took(DOWN, Duration.ofSeconds(10), Duration.ofSeconds(12));
        assertThat(left.estimate()).as("all like the one").hasSeconds(3 * 12 + 4 * 7);
        left.took(PING, Duration.ofSeconds(5), Duration.ofSeconds(25));
        assertThat(left.estimate()).as("each like its own").hasSeconds(3 * 12 + 3 * 25);
        TimeLeft next = new TimeLeft();
        next.plan(PING, Duration.ofSeconds(5));
        assertThat(next.learning(left).estimate()).hasSeconds(25);
        assertThat(next.and(next).estimate()).hasSeconds(2 * 8);
    }

    @Test
    void timesAreSaidAsPeopleDo() {
        assertThat(TimeLeft.words(Duration.ofSeconds(59))).isEqualTo("59 s");
        assertThat(TimeLeft.words(Duration.ofSeconds(185))).isEqualTo("3:05 min");
        assertThat(TimeLeft.words(Duration.ofMinutes(440))).isEqualTo("7 h 20 min");
    }
}
