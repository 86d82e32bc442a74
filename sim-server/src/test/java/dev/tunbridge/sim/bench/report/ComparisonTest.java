package dev.tunbridge.sim.bench.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tunbridge.bridge.config.ConfigException;
import dev.tunbridge.sim.bench.Bench;
import dev.tunbridge.sim.bench.load.TcpWorkload;
import dev.tunbridge.sim.bench.measure.Measures;
import dev.tunbridge.sim.bench.measure.Metric;
import dev.tunbridge.sim.bench.measure.Spread;
import dev.tunbridge.sim.bench.plan.BenchOptions;
import dev.tunbridge.sim.bench.plan.Cell;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run is compared with an earlier one by what its report has written. */
class ComparisonTest {
    private static final List<String> PEERS = List.of("direct", "ours");
    private static final List<String> LINK = List.of("wan1");
    private static final List<String> LOADS = List.of("tcp:down", "stream:down");

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    Path folder;

    /** Rates of the bare link and of ours, by repetition; all else is the same in every cell. */
    private BenchReport report(double[] direct, double[] ours) throws Exception {
        return report(
                direct.length, cell -> cell.peer().name().equals("direct") ? direct[cell.run()] : ours[cell.run()], 20);
    }

    private static BenchReport report(int runs, Function<Cell, Double> rate, double late) throws Exception {
        return Reports.of(PEERS, LINK, LOADS, runs, cell -> {
            Measures measures = cell.workload() instanceof TcpWorkload
                    ? Measures.ofBytes(1).with(Metric.RATE, rate.apply(cell)).with(Metric.LONGEST_STALL, cell.run())
                    : Measures.ofBytes(1)
                            .with(Metric.LATE, late)
                            .with(Metric.LATENCY_P50, 26)
                            .with(Metric.OWN_EARLY, 1_000 * late);
            return new Cell.Measured(cell, measures);
        });
    }

    private EarlierRun written(BenchReport report) throws Exception {
        return EarlierRun.read(Files.writeString(folder.resolve("earlier.json"), report.json()));
    }

    private static List<String> of(BenchReport now, Comparison.Verdict verdict) {
        return now.comparison().orElseThrow().with(verdict).stream()
                .map(line -> line.place().peer() + " " + line.metric().key())
                .toList();
    }

    @Test
    void whatIsWorseBeyondTheSpreadOfTheRunsFailsTheRun() throws Exception {
        EarlierRun earlier = written(report(new double[] {10, 10, 10}, new double[] {8, 8.2, 8.4}));
        BenchReport now =
                report(new double[] {10, 10, 10}, new double[] {6, 6.1, 6.2}).against(earlier);
        assertThat(of(now, Comparison.Verdict.WORSE)).containsExactly("ours rate");
        assertThat(of(now, Comparison.Verdict.BETTER)).isEmpty();
        assertThat(now.isSuccess()).isFalse();
        assertThat(now.table())
                .contains("1 worse, 0 better")
                .containsPattern(
                        "wan1, tcp down, 1 flow, 10 s: rate, ratio to direct +ours +×0\\.820 +×0\\.610 +-26 % +WORSE");
        assertThat(now.json()).contains("\"compared\":\"ratio\"", "\"verdict\":\"worse\"");
    }

    @Test
    void aBusierMachineIsNoRegressionBecauseRatiosAreCompared() throws Exception {
        EarlierRun earlier = written(report(new double[] {10, 10, 10}, new double[] {8, 8.2, 8.4}));
        BenchReport now =
                report(new double[] {5, 5, 5}, new double[] {4, 4.1, 4.2}).against(earlier);
        assertThat(of(now, Comparison.Verdict.WORSE)).isEmpty();
        assertThat(now.isSuccess()).isTrue();
        assertThat(of(now, Comparison.Verdict.SAME)).contains("ours rate").doesNotContain("direct rate");
    }

    @Test
    void whatIsBetterIsToldAndWhatLiesWithinNoiseIsNot() throws Exception {
        EarlierRun earlier = written(report(new double[] {10, 10, 10}, new double[] {4, 4.1, 4.2}));
        BenchReport better =
                report(new double[] {10, 10, 10}, new double[] {8, 8, 8}).against(earlier);
        assertThat(of(better, Comparison.Verdict.BETTER)).containsExactly("ours rate");
        assertThat(better.isSuccess()).isTrue();
        BenchReport noisy =
                report(new double[] {10, 10, 10}, new double[] {3, 2, 4.5}).against(earlier);
        assertThat(of(noisy, Comparison.Verdict.WORSE)).isEmpty();
        // Far from noise, but not worth a word.
        BenchReport near =
                report(new double[] {10, 10, 10}, new double[] {3.8, 3.8, 3.8}).against(earlier);
        assertThat(of(near, Comparison.Verdict.WORSE)).isEmpty();
    }

    @Test
    void aSingleRunIsTakenToSpreadAndItsExtremesAreNotJudged() throws Exception {
        EarlierRun earlier = written(report(new double[] {10}, new double[] {8}));
        BenchReport now = report(new double[] {10}, new double[] {5}).against(earlier);
        assertThat(of(now, Comparison.Verdict.WORSE)).isEmpty();
        assertThat(now.comparison().orElseThrow().unjudged()).isEqualTo(1);
        BenchReport far = report(new double[] {10}, new double[] {2}).against(earlier);
        assertThat(of(far, Comparison.Verdict.WORSE)).containsExactly("ours rate");
    }

    @Test
    void countsAreComparedAsCountsAndWhatIsNeitherGoodNorBadIsNot() throws Exception {
        EarlierRun earlier = written(report(3, cell -> 10.0, 8));
        assertThat(of(report(3, cell -> 10.0, 15).against(earlier), Comparison.Verdict.WORSE))
                .as("may be chance")
                .isEmpty();
        assertThat(of(report(3, cell -> 10.0, 60).against(earlier), Comparison.Verdict.WORSE))
                .as("the first peer is what others are measured by")
                .containsExactly("ours late");
    }

    @Test
    void whatOnlyOneOfThemHasIsCounted() throws Exception {
        EarlierRun earlier = written(report(new double[] {10, 10, 10}, new double[] {8, 8, 8}));
        BenchReport now = Reports.of(
                List.of("direct", "ours", "vtun"),
                LINK,
                List.of("tcp:down"),
                3,
                cell -> cell.peer().name().equals("ours")
                        ? new Cell.Failed(cell, List.of("it ended"))
                        : new Cell.Measured(cell, Measures.ofBytes(1).with(Metric.RATE, 10)));
        Comparison comparison = now.against(earlier).comparison().orElseThrow();
        assertThat(comparison.onlyNow()).as("vtun's rate").isEqualTo(1);
        assertThat(comparison.onlyEarlier())
                .as("rate and stall of ours, stall of direct")
                .isEqualTo(3);
        assertThat(comparison.summary()).contains("0 figures compared").contains("3 only there; 1 only here");
    }

    @Test
    void withAnotherReferenceValuesAreComparedAndTheReferenceToo() throws Exception {
        EarlierRun earlier = written(Reports.of(List.of("ours"), LINK, LOADS, 3, cell -> measured(cell, 8)));
        BenchReport now =
                Reports.of(PEERS, LINK, LOADS, 3, cell -> measured(cell, 2)).against(earlier);
        assertThat(of(now, Comparison.Verdict.WORSE)).containsExactly("ours rate");
        assertThat(now.comparison().orElseThrow().lines()).noneMatch(Comparison.Line::isRatio);
    }

    private static Cell.Outcome measured(Cell cell, double rate) {
        return new Cell.Measured(cell, Measures.ofBytes(1).with(Metric.RATE, rate));
    }

    @Test
    void latenciesAreToBeLowAndDifferencesBelowTheTablesDigitsDoNotMatter() {
        Spread tenth = new Spread(0.1, 0.1, 0.1, 3);
        assertThat(Comparison.judge(Metric.LATENCY_P50, tenth, new Spread(0.5, 0.5, 0.5, 3), 1))
                .isEqualTo(Comparison.Verdict.SAME);
        assertThat(Comparison.judge(Metric.LATENCY_P50, tenth, new Spread(5, 5, 5, 3), 1))
                .isEqualTo(Comparison.Verdict.WORSE);
        assertThat(Comparison.judge(Metric.LATENCY_P50, new Spread(5, 5, 5, 3), tenth, 1))
                .isEqualTo(Comparison.Verdict.BETTER);
        assertThat(Comparison.judge(Metric.WHOLE_FRAMES, new Spread(50, 49, 51, 3), new Spread(450, 449, 450, 3), 1))
                .isEqualTo(Comparison.Verdict.BETTER);
        // Twice as long as the bare pair, which takes a tenth of a millisecond.
        assertThat(Comparison.judge(Metric.LATENCY_P50, new Spread(2, 2, 2, 3), new Spread(4, 4, 4, 3), 0.1))
                .isEqualTo(Comparison.Verdict.SAME);
    }

    @Test
    void aFileThatIsNoReportOrHasNothingInCommonIsRefused() throws Exception {
        Path file = folder.resolve("other.json");
        refused(file, "a file that there is");
        Files.writeString(file, "{\"campaign\":\"past-the-hole\",\"parts\":[]}");
        refused(file, "the report of a campaign");
        Files.writeString(file, "{\"pages\":[]}");
        refused(file, "it lacks one of 'comparisons', 'reference' and 'link'");
        Files.writeString(file, "{\"a\": [");
        refused(file, "it is not JSON");
        Files.write(file, new byte[] {(byte) 0xff, (byte) 0xfe, 1});
        refused(file, "it is not text");
        EarlierRun earlier = written(report(new double[] {1}, new double[] {1}));
        Bench bench = Bench.prepare(options(List.of("vtun"), List.of()));
        assertThatThrownBy(() -> bench.against(earlier))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("in common")
                .hasMessageContaining("direct at 'stream down, 1 Mbit/s, 15 s' on wan1");
        Bench lossy = Bench.prepare(options(PEERS, List.of("loss=5")));
        assertThatThrownBy(() -> lossy.against(earlier))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("no --link, this is --link loss=5");
        BenchOptions warm =
                new BenchOptions(PEERS, LINK, LOADS, List.of(), List.of(), 1, 1, 0, java.util.OptionalInt.of(7), 0, "");
        Bench warmed = Bench.prepare(warm);
        assertThatThrownBy(() -> warmed.against(earlier))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("was warmed up 0 s on wan1, this is 7 s");
        assertThat(Bench.prepare(options(PEERS, List.of())).against(earlier)).isNotNull();
    }

    private static BenchOptions options(List<String> peers, List<String> link) {
        return new BenchOptions(peers, LINK, LOADS, List.of(), link, 1, 1, 0, java.util.OptionalInt.empty(), 0, "");
    }

    private static void refused(Path file, String reason) {
        assertThatThrownBy(() -> EarlierRun.read(file))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("--against")
                .hasMessageContaining("other.json")
                .hasMessageContaining(reason);
    }

    @Test
    void aReadReportHasWhatWasWritten() throws Exception {
        EarlierRun earlier = written(report(new double[] {10, 20, 30}, new double[] {5, 20, 60}));
        assertThat(earlier.reference()).isEqualTo("direct");
        assertThat(earlier.values().get(new EarlierRun.Place("wan1", "tcp down, 1 flow, 10 s", "ours", "rate")))
                .isEqualTo(new EarlierRun.Value(
                        new Spread(20, 5, 60, 3), java.util.Optional.of(new Spread(1, 0.5, 2, 3))));
        assertThat(Map.copyOf(earlier.values())).hasSize(4 + 6);
    }
}
