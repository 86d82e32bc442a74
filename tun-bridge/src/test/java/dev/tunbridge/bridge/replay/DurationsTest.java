package dev.tunbridge.bridge.replay;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DurationsTest {
    @Test
    void percentilesAreAtMostAnEighthAboveTheTruth() {
        long seed = Seeds.next();
        for (int round = 0; round < 200; round++) {
            Random random = new Random(seed + round);
            Durations durations = new Durations();
            long[] values = new long[1 + random.nextInt(500)];
            for (int i = 0; i < values.length; i++) {
                values[i] = random.nextLong() >>> (12 + random.nextInt(50));
                durations.add(values[i]);
            }
            Arrays.sort(values);
            DurationReport report = durations.report();
            assertThat(report.count()).isEqualTo(values.length);
            assertThat(report.maxNanos()).isEqualTo(values[values.length - 1]);
            assertThat(report.totalNanos()).isEqualTo(Arrays.stream(values).sum());
            check(report.p50Nanos(), values, 50, seed + round);
            check(report.p95Nanos(), values, 95, seed + round);
            check(report.p99Nanos(), values, 99, seed + round);
        }
    }

    private static void check(long told, long[] sorted, int percent, long seed) {
        long truth = sorted[(int) Math.max(1, (sorted.length * (long) percent + 99) / 100) - 1];
        assertThat(told).as("seed %d, p%d", seed, percent).isBetween(truth, truth + truth / 8);
    }

    @Test
    void nothingIsZero() {
        assertThat(new Durations().report()).isEqualTo(new DurationReport(0, 0, 0, 0, 0, 0));
    }
}
