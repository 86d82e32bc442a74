package dev.tunbridge.bridge.replay;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class DurationsTest {
    @Test
    void countTotalAndMaximumAreExactAndPercentilesNear() {
        Durations durations = new Durations();
        LongStream.rangeClosed(1, 1_000).map(i -> i * 1_001_003).forEach(durations::add);
        durations.add(-5);
        DurationReport report = durations.report();
        assertThat(report.count()).isEqualTo(1_001);
        assertThat(report.totalNanos()).isEqualTo(500_500L * 1_001_003);
        assertThat(report.maxNanos()).isEqualTo(1_001_003_000L);
        assertThat(report.p50Nanos()).isBetween(500_000_000L, 506_000_000L);
        assertThat(report.p95Nanos()).isBetween(950_000_000L, 961_000_000L);
        assertThat(report.p99Nanos()).isBetween(990_000_000L, 1_001_003_000L);
    }

    @Test
    void nothingIsZero() {
        assertThat(new Durations().report()).isEqualTo(new DurationReport(0, 0, 0, 0, 0, 0));
    }
}
