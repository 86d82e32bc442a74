package dev.tunbridge.sim.bench.campaign;

import static dev.tunbridge.sim.bench.campaign.Figure.Bound.AT_LEAST;
import static dev.tunbridge.sim.bench.campaign.Figure.Bound.AT_MOST;
import static dev.tunbridge.sim.bench.campaign.Figure.Bound.LESS_THAN;
import static dev.tunbridge.sim.bench.campaign.Figure.Bound.MORE_THAN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tunbridge.sim.bench.measure.Metric;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** When a figure counts as reached. */
class FigureTest {

    @Test
    void countsAreAddedUpBeforeTheyAreCompared() {
        Figure figure = Figure.against("vtun", Metric.WAITED, "ours", AT_MOST, 0.04);
        // Pair by pair the median would be 0.1.
        Figure.Verdict verdict = judge(figure, Map.of(0, 1.0, 1, 1.0, 2, 1.0), Map.of(0, 10.0, 1, 10.0, 2, 80.0));
        assertThat(verdict.value()).isEqualTo(3);
        assertThat(verdict.reference()).contains(100.0);
        assertThat(verdict.ratio()).contains(0.03);
        assertThat(verdict.runs()).isEqualTo(3);
        assertThat(verdict.isReached()).isTrue();
        assertThat(judge(figure, Map.of(0, 5.0), Map.of(0, 100.0)).isReached()).isFalse();
    }

    @Test
    void ratesAreComparedPairByPairByTheirMedian() {
        Figure figure = Figure.against("vtun", Metric.RATE, "ours", AT_LEAST, 1);
        Figure.Verdict verdict = judge(figure, Map.of(0, 30.0, 1, 8.0, 2, 20.0), Map.of(0, 10.0, 1, 4.0, 2, 40.0));
        assertThat(verdict.ratio()).contains(2.0);
        assertThat(verdict.value()).isEqualTo(20);
        assertThat(verdict.isReached()).isTrue();
        assertThat(judge(figure, Map.of(0, 9.9), Map.of(0, 10.0)).isReached()).isFalse();
    }

    @Test
    void atABoundAtMostAndAtLeastHoldAndMoreThanDoesNot() {
        Map<Integer, Double> equal = Map.of(0, 10.0);
        assertThat(judge(Figure.against("x", Metric.RATE, "y", AT_LEAST, 1), equal, equal)
                        .isReached())
                .isTrue();
        assertThat(judge(Figure.against("x", Metric.RATE, "y", AT_MOST, 1), equal, equal)
                        .isReached())
                .isTrue();
        assertThat(judge(Figure.against("x", Metric.WHOLE_FRAMES, "y", MORE_THAN, 1), equal, equal)
                        .isReached())
                .isFalse();
    }

    @Test
    void againstNothingAtAllOnlyNothingIsNoMore() {
        Figure figure = Figure.against("x", Metric.INNER_RETRANSMISSIONS, "y", AT_MOST, 1);
        assertThat(judge(figure, Map.of(0, 0.0), Map.of(0, 0.0)).isReached()).isTrue();
        Figure.Verdict more = judge(figure, Map.of(0, 1.0), Map.of(0, 0.0));
        assertThat(more.isReached()).isFalse();
        assertThat(more.ratio()).isEmpty();
        Figure stalled = Figure.against("x", Metric.STALLED, "y", AT_MOST, 0.6);
        assertThat(judge(stalled, Map.of(0, 0.0), Map.of(0, 0.0)).isReached()).isTrue();
        assertThat(judge(stalled, Map.of(0, 1.0), Map.of(0, 0.0)).isReached()).isFalse();
    }

    @Test
    void aBoundInTheMetricsOwnUnitNeedsNoOther() {
        Figure figure = Figure.of(Metric.WAIT_P99, "ours", AT_MOST, 2);
        Figure.Verdict verdict = judge(figure, Map.of(0, 1.0, 1, 1.9, 2, 50.0), Map.of());
        assertThat(verdict.value()).isCloseTo(1.9, within(1e-9));
        assertThat(verdict.isReached()).isTrue();
        assertThat(judge(figure, Map.of(0, 2.1), Map.of()).isReached()).isFalse();
    }

    @Test
    void aDifferenceIsThatOfThePairs() {
        Figure figure = Figure.above("direct", Metric.PING_AVERAGE, "ours", 15);
        // The machine was slow in the second repetition, for both.
        Figure.Verdict verdict = judge(figure, Map.of(0, 60.0, 1, 190.0, 2, 64.0), Map.of(0, 50.0, 1, 180.0, 2, 40.0));
        assertThat(verdict.value()).isEqualTo(64);
        assertThat(verdict.isReached()).isTrue();
        assertThat(judge(figure, Map.of(0, 65.1), Map.of(0, 50.0)).isReached()).isFalse();
        assertThat(judge(figure, Map.of(0, 40.0), Map.of(0, 50.0)).isReached()).isTrue();
        assertThat(figure.target()).isEqualTo("≤ direct + 15 ms");
    }

    @Test
    void lessThanDoesNotHoldAtTheBound() {
        Figure figure = Figure.against("vtun", Metric.RATE_BACK, "ours", LESS_THAN, 1);
        assertThat(judge(figure, Map.of(0, 1.0), Map.of(0, 1.0)).isReached()).isFalse();
        assertThat(judge(figure, Map.of(0, 0.9), Map.of(0, 1.0)).isReached()).isTrue();
        assertThat(figure.target()).isEqualTo("< 1 × vtun");
    }

    @Test
    void aRepetitionThatEitherLacksDoesNotCountAndNoneIsNoVerdict() {
        Figure figure = Figure.against("vtun", Metric.WAITED, "ours", AT_MOST, 0.5);
        Figure.Verdict verdict = judge(figure, Map.of(0, 1.0, 1, 90.0), Map.of(0, 10.0, 2, 10.0));
        assertThat(verdict.value()).isEqualTo(1);
        assertThat(verdict.reference()).contains(10.0);
        assertThat(figure.judge(Map.of(0, 1.0), Map.of(1, 1.0))).isEqualTo(Optional.empty());
        assertThat(figure.judge(Map.of(), Map.of())).isEqualTo(Optional.empty());
    }

    @Test
    void theTargetReadsAsInTheTable() {
        assertThat(Figure.against("vtun", Metric.LATE, "ours", AT_MOST, 0.55).target())
                .isEqualTo("≤ 0.55 × vtun");
        assertThat(Figure.against("plain", Metric.RATE, "ours", AT_LEAST, 1.36)
                        .where(Metric.TUN_DROPPED)
                        .target())
                .isEqualTo("≥ 1.36 × plain, where it has dropped at the TUN device");
        assertThat(Figure.of(Metric.WAIT_P99, "ours", AT_MOST, 2).target()).isEqualTo("≤ 2 ms");
        assertThat(Figure.of(Metric.LOST, "ours", AT_MOST, 0).target()).isEqualTo("≤ 0 datagrams");
    }

    private static Figure.Verdict judge(Figure figure, Map<Integer, Double> values, Map<Integer, Double> references) {
        return figure.judge(values, references).orElseThrow();
    }
}
