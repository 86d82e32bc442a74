package dev.tunbridge.sim.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tunbridge.sim.lab.Lab;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** One short cell of each load over a bare link: what it measures is what the link does. */
class LoadCellsTest {
    @BeforeAll
    static void requireLab() {
        Optional<String> missing = Lab.unavailable();
        assumeTrue(missing.isEmpty(), () -> "skipped: " + missing.orElse(""));
    }

    @Test
    void datagramsAtAFixedRateAreSentAtItAndLostWhereTheLinkIsNarrower() throws Exception {
        Measures measures = play("wan0", "udp:up,rate=40,seconds=1");
        assertThat(value(measures, Metric.SENT_RATE)).isCloseTo(40, within(4.0));
        assertThat(value(measures, Metric.RATE)).as("of 20 Mbit/s").isBetween(10.0, 20.0);
        assertThat(value(measures, Metric.LOST_SHARE)).isBetween(30.0, 60.0);
        assertThat(value(measures, Metric.PAYLOAD)).isEqualTo(1200);
    }

    @Test
    void aFloodSendsAsMuchAsItCan() throws Exception {
        Measures measures = play("veth", "udp:flood=yes,size=1000,seconds=1");
        assertThat(value(measures, Metric.SENT_RATE)).isGreaterThan(50);
        assertThat(value(measures, Metric.RATE)).isGreaterThan(10);
        assertThat(measures.bytes()).isPositive();
        assertThat(value(measures, Metric.TUN_DROPPED)).isNotNegative();
    }

    private static double value(Measures measures, Metric metric) {
        return measures.value(metric).orElseThrow(() -> new AssertionError(metric + " was not measured"));
    }

    /** Every metric that the load promises must be there. */
    private static Measures play(String profile, String workload) throws Exception {
        BenchOptions options = new BenchOptions(
                List.of("direct"),
                List.of(profile),
                List.of(workload),
                List.of(),
                List.of(),
                1,
                1,
                0,
                OptionalInt.of(0),
                0,
                "");
        try (Bench bench = Bench.prepare(options)) {
            BenchReport report = bench.run(BenchProgress.onStandardError());
            assertThat(report.failures()).isEmpty();
            Measures measures = ((Cell.Measured) report.outcomes().get(0)).measures();
            assertThat(measures.values())
                    .containsKeys(Workload.parse(workload, 0).metrics().toArray(Metric[]::new));
            return measures;
        }
    }
}
