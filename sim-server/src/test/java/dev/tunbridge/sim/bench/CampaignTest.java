package dev.tunbridge.sim.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tunbridge.bridge.config.ConfigException;
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
        assertThat(Campaign.names()).contains("past-the-hole");
        for (String name : Campaign.names()) {
            assertThat(CampaignPlay.prepare(name, List.of(), ONCE)).isNotNull();
            for (Campaign.Part part : Campaign.named(name).parts()) {
                assertThat(part.figures()).as(part.title()).isNotEmpty().allSatisfy(figure -> {
                    assertThat(Workload.parse(part.workload(), 0).metrics()).contains(figure.metric());
                    assertThat(part.peers()).contains(figure.peer());
                });
            }
        }
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
