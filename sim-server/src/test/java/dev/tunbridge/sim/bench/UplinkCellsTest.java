package dev.tunbridge.sim.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tunbridge.sim.bench.measure.Measures;
import dev.tunbridge.sim.bench.measure.Metric;
import dev.tunbridge.sim.bench.measure.Timeline;
import dev.tunbridge.sim.bench.peer.Program;
import dev.tunbridge.sim.bench.plan.BenchOptions;
import dev.tunbridge.sim.bench.plan.Cell;
import dev.tunbridge.sim.bench.report.BenchReport;
import dev.tunbridge.sim.lab.Lab;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** One short cell of each load of the way up, through real tunnels over real links. */
class UplinkCellsTest {
    private static final String VTUN_SHORT_QUEUE = "vtun:congestion-control=bbr,tun.tx-queue-length=1";

    @BeforeAll
    static void requireLab() {
        Optional<String> missing = Lab.unavailable();
        assumeTrue(missing.isEmpty(), () -> "skipped: " + missing.orElse(""));
    }

    @Test
    void anUploadTellsWhatItCarriedTwiceAndHowItWentOverTime() throws Exception {
        String workload = "tcp:up,flows=2,seconds=2,carried=yes,timeline=yes";
        BenchReport report = run(List.of("ours"), "wan0", List.of(), workload);
        assertThat(report.failures()).isEmpty();
        assertThat(report.json()).contains("\"timeline\":[{\"seconds\":", "\"inner\":{\"connections\":2,");
        Measures measures = ((Cell.Measured) report.outcomes().get(0)).measures();
        assertThat(value(measures, Metric.RATE)).isPositive();
        assertThat(value(measures, Metric.CARRIED_TWICE)).isBetween(0.0, 100.0);
        Timeline timeline = measures.timeline().orElseThrow();
        assertThat(timeline.moments()).hasSizeGreaterThan(3).allSatisfy(moment -> {
            assertThat(moment.inner().connections()).isEqualTo(2);
            assertThat(moment.inner().windowSegments()).isPositive();
            assertThat(moment.outer().connections()).isEqualTo(1);
            assertThat(moment.outer().smoothedRttMillis()).isGreaterThan(49);
        });
    }

    @Test
    void copiesThatATunnelCarriesAreSeenWhereItComesOut() throws Exception {
        assumeTrue(new Program("vtund", "vtun").isInstalled(), "skipped: vtund is missing");
        // The inner sender's timeout passes several times while its segments wait in the outer connection, which loses
        // none of them.
        Measures measures = play("vtun", "wan0", List.of(), "blackout:for=2,seconds=4");
        assertThat(value(measures, Metric.INNER_RETRANSMISSIONS)).isPositive();
        assertThat(value(measures, Metric.CARRIED_TWICE_BYTES)).isPositive();
        assertThat(value(measures, Metric.CARRIED_TWICE)).isPositive();
    }

    @Test
    void aBlackoutTellsWhenTheRateIsBack() throws Exception {
        Measures measures = play("ours", "wan0", List.of(), "blackout:for=1,seconds=4");
        assertThat(value(measures, Metric.RATE_BEFORE)).isBetween(2.0, 25.0);
        assertThat(value(measures, Metric.RATE_BACK)).isBetween(0.0, 3.9);
        assertThat(measures.values()).containsKeys(Metric.CARRIED_TWICE, Metric.TUN_DROPPED);
    }

    @Test
    void aBlackoutOfALinkThatHasNoneIsRefused() throws Exception {
        BenchReport report = run(List.of("direct"), "veth", List.of(), "blackout:for=1,seconds=2");
        assertThat(report.failures())
                .singleElement()
                .satisfies(failed -> assertThat(failed.reason()).contains("veth", "wan0"));
    }

    @Test
    void aPingBesideALoadTellsWhatTheLoadAdds() throws Exception {
        Measures measures = play("direct", "wan0", List.of(), "ping:load=up,seconds=2");
        assertThat(value(measures, Metric.PING_IDLE)).isGreaterThan(49);
        assertThat(value(measures, Metric.PING_ADDED))
                .isEqualTo(value(measures, Metric.PING_AVERAGE) - value(measures, Metric.PING_IDLE));
        assertThat(value(measures, Metric.PING_JITTER)).isNotNegative();
        assertThat(value(measures, Metric.LOAD_RATE)).isPositive();
        assertThat(value(measures, Metric.PING_SPIKE))
                .isEqualTo(value(measures, Metric.PING_MAX) / value(measures, Metric.PING_AVERAGE));
        assertThat(value(measures, Metric.PING_IDLE_SPIKE)).isBetween(1.0, 3.0);
        assertThat(measures.values()).containsKeys(Metric.PING_IDLE_MAX, Metric.PING_IDLE_JITTER);
    }

    @Test
    void aVideoThroughAShortQueueTellsWhereItLost() throws Exception {
        assumeTrue(new Program("vtund", "vtun").isInstalled(), "skipped: vtund is missing");
        Measures measures = play(VTUN_SHORT_QUEUE, "baseline", List.of("delay=5ms"), "stream:up,rate=25,seconds=1");
        double dropped = value(measures, Metric.TUN_DROPPED);
        assertThat(dropped).isPositive();
        assertThat(value(measures, Metric.LOST))
                .as("all that is lost is lost there")
                .isCloseTo(dropped, within(20.0));
        assertThat(value(measures, Metric.TUN_DROPPED_SHARE)).isEqualTo(100 * dropped / 2_610);
    }

    private static double value(Measures measures, Metric metric) {
        return measures.value(metric).orElseThrow(() -> new AssertionError(metric + " was not measured"));
    }

    private static Measures play(String peer, String profile, List<String> link, String workload) throws Exception {
        BenchReport report = run(List.of(peer), profile, link, workload);
        assertThat(report.failures()).isEmpty();
        return ((Cell.Measured) report.outcomes().get(0)).measures();
    }

    private static BenchReport run(List<String> peers, String profile, List<String> link, String workload)
            throws Exception {
        BenchOptions options = new BenchOptions(
                peers, List.of(profile), List.of(workload), List.of(), link, 1, 1, 0, OptionalInt.of(0), 0, "");
        try (Bench bench = Bench.prepare(options)) {
            return bench.run(BenchProgress.onStandardError());
        }
    }
}
