package dev.tunbridge.sim.bench.campaign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tunbridge.bridge.config.ConfigException;
import dev.tunbridge.sim.bench.load.Workload;
import dev.tunbridge.sim.bench.measure.Measures;
import dev.tunbridge.sim.bench.measure.Metric;
import dev.tunbridge.sim.bench.plan.BenchOptions;
import dev.tunbridge.sim.bench.plan.BenchPlan;
import dev.tunbridge.sim.bench.plan.Cell;
import dev.tunbridge.sim.bench.report.BenchReport;
import dev.tunbridge.sim.link.LinkSettingException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/** Campaigns are data: that they can be played, and what comes of it. */
class CampaignTest {
    private static final BenchOptions ONCE = new BenchOptions(
            List.of(), List.of(), List.of(), List.of(), List.of(), 1, 1, 0, OptionalInt.empty(), 0, "");

    @Test
    void everyCampaignCanBePlayedAndEachFigureIsMeasuredByItsWorkload() throws LinkSettingException {
        assertThat(Campaign.names()).containsExactly("past-the-hole", "nothing-twice");
        for (String name : Campaign.names()) {
            for (Campaign.Part part : Campaign.named(name).parts()) {
                assertThat(part.peers()).as(part.title()).isNotEmpty();
                BenchPlan plan = BenchPlan.of(new BenchOptions(
                        part.peers(),
                        List.of(part.profile()),
                        List.of(part.workload()),
                        List.of(),
                        part.link(),
                        1,
                        1,
                        0,
                        OptionalInt.empty(),
                        0,
                        ""));
                assertThat(plan.cells(plan.peers())).hasSameSizeAs(part.peers());
                assertThat(part.figures()).as(part.title()).isNotEmpty().allSatisfy(figure -> {
                    assertThat(Workload.parse(part.workload(), 0).metrics()).contains(figure.metric());
                    assertThat(part.peers()).contains(figure.peer());
                });
            }
        }
    }

    @Test
    void aCampaignIsPreparedPartByPart() throws LinkSettingException {
        assertThat(CampaignPlay.prepare("past-the-hole", List.of(), ONCE)).isNotNull();
    }

    @Test
    void aFigureForSomeRepetitionsAloneCountsThoseAndOtherwiseDoesNotApply() throws LinkSettingException {
        Figure faster = Figure.against("vtun", Metric.RATE, "ours", Figure.Bound.AT_LEAST, 1.36)
                .where(Metric.TUN_DROPPED);
        // The second repetition alone has drops.
        assertThat(lines(faster, new double[][] {{10, 0, 10}, {10, 5, 14}}))
                .singleElement()
                .satisfies(line -> {
                    assertThat(line.words()).isEqualTo("reached");
                    assertThat(line.verdict().orElseThrow().runs()).isEqualTo(1);
                });
        assertThat(lines(faster, new double[][] {{10, 5, 10}, {10, 0, 14}}))
                .singleElement()
                .satisfies(line -> assertThat(line.words()).isEqualTo("FALLS SHORT"));
        assertThat(lines(faster, new double[][] {{10, 0, 1}, {10, 0, 1}}))
                .singleElement()
                .satisfies(line -> {
                    assertThat(line.words()).isEqualTo("does not apply");
                    assertThat(line.isReached()).isTrue();
                });
    }

    /** @param runs rate and drops of vtun, and the rate of ours */
    private static List<CampaignReport.Line> lines(Figure figure, double[][] runs) throws LinkSettingException {
        Campaign.Part part = Campaign.Part.of("wan0", "tcp:up", figure);
        BenchPlan plan = BenchPlan.of(new BenchOptions(
                part.peers(),
                List.of("wan0"),
                List.of("tcp:up"),
                List.of(),
                List.of(),
                runs.length,
                1,
                0,
                OptionalInt.empty(),
                0,
                ""));
        List<Cell.Outcome> outcomes = new ArrayList<>();
        for (Cell cell : plan.cells(plan.peers())) {
            double[] run = runs[cell.run()];
            Measures measures = cell.peer().name().equals("ours")
                    ? Measures.ofBytes(1).with(Metric.RATE, run[2])
                    : Measures.ofBytes(1).with(Metric.RATE, run[0]).with(Metric.TUN_DROPPED, run[1]);
            outcomes.add(new Cell.Measured(cell, measures));
        }
        BenchReport report = new BenchReport(plan, outcomes, Map.of());
        return new CampaignReport(new Campaign("trial", List.of(part)), List.of(report)).lines();
    }

    @Test
    void profilesPickParts() {
        Campaign whole = Campaign.named("past-the-hole");
        Campaign some = whole.on(List.of("wan1", "veth"));
        assertThat(some.parts()).extracting(Campaign.Part::profile).containsOnly("wan1", "veth");
        assertThat(some.parts()).hasSizeLessThan(whole.parts().size());
        assertThatThrownBy(() -> whole.on(List.of("wan1", "sea120")))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("sea120")
                .hasMessageContaining("wan3");
        assertThatThrownBy(() -> Campaign.named("round-the-world"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("past-the-hole");
    }

    @Test
    void theReportSaysOfEachFigureWhatBecameOfIt() throws LinkSettingException {
        Figure fast = Figure.against("vtun", Metric.RATE, "ours", Figure.Bound.AT_LEAST, 1);
        Figure steady = Figure.against("vtun", Metric.STALLED, "ours", Figure.Bound.AT_MOST, 0.6);
        Figure alone = Figure.against("openvpn", Metric.RATE, "ours", Figure.Bound.AT_LEAST, 1);
        Campaign.Part part =
                Campaign.Part.of("wan0", "tcp:up", fast, steady, alone).with("ba.loss=3");
        assertThat(part.peers()).containsExactly("vtun", "ours", "openvpn");
        BenchPlan plan = BenchPlan.of(new BenchOptions(
                part.peers(),
                List.of(part.profile()),
                List.of(part.workload()),
                List.of(),
                part.link(),
                1,
                1,
                0,
                OptionalInt.empty(),
                0,
                ""));
        List<Cell.Outcome> outcomes = new ArrayList<>();
        for (Cell cell : plan.cells(plan.peers().subList(0, 2))) {
            boolean isOurs = cell.peer().name().equals("ours");
            Measures measures =
                    Measures.ofBytes(1).with(Metric.RATE, isOurs ? 12 : 10).with(Metric.STALLED, isOurs ? 30 : 40);
            outcomes.add(new Cell.Measured(cell, measures));
        }
        BenchReport report = new BenchReport(plan, outcomes, Map.of("openvpn", "missing here: openvpn"));
        CampaignReport found = new CampaignReport(new Campaign("trial", List.of(part)), List.of(report));
        assertThat(found.isSuccess()).isFalse();
        assertThat(found.table().lines())
                .anySatisfy(line -> assertThat(line)
                        .startsWith("wan0 ba.loss=3, tcp:up: rate")
                        .contains("rate, Mbit/s", "12.00", "10.00", "1.2", "≥ 1 × vtun")
                        .endsWith(" reached"))
                .anySatisfy(line -> assertThat(line).startsWith("wan0 ba.loss=3 - tcp up, 1 flow"))
                .anySatisfy(line ->
                        assertThat(line).contains("≤ 0.6 × vtun", "0.75").endsWith("FALLS SHORT"))
                .anySatisfy(line -> assertThat(line).contains("≥ 1 × openvpn").endsWith("NOT MEASURED"));
        assertThat(found.json())
                .startsWith(
                        "{\"campaign\":\"trial\",\"reached\":false,\"figures\":[{\"profile\":\"wan0\",\"link\":[\"ba.loss=3\"]")
                .contains("\"ratio\":0.750000", "\"reached\":true", "\"reached\":false", "\"reached\":null")
                .contains("\"link\":[\"ba.loss=3\"],\"missing\":{\"openvpn\"")
                .endsWith("]}\n");
        Campaign reached = new Campaign("trial", List.of(Campaign.Part.of("wan0", "tcp:up", fast)));
        assertThat(new CampaignReport(reached, List.of(report)).isSuccess()).isTrue();
    }
}
