package dev.tunbridge.sim.bench.curve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tunbridge.sim.bench.BenchProgress;
import dev.tunbridge.sim.lab.Lab;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Curves of few and short runs, with the real parts. */
class CurvesPlayTest {

    @Test
    void curvesOfRealRunsBecomeFiles(@TempDir Path folder) throws Exception {
        Optional<String> missing = Lab.unavailable();
        assumeTrue(missing.isEmpty(), () -> "skipped: " + missing.orElse(""));
        CurvesOptions options = new CurvesOptions(
                Set.of(Curve.TIME, Curve.ROUND_TRIP, Curve.PIPELINE),
                List.of("direct"),
                List.of(),
                List.of(50),
                List.of(0, 20),
                1,
                1,
                1,
                0);
        try (CurvesPlay play = CurvesPlay.prepare(options)) {
            CurvesReport report = play.run(BenchProgress.onStandardError());
            assertThat(report.isSuccess()).as(report.table()).isTrue();
            assertThat(report.table()).contains("round-trip time, ms").contains("1000 packets/s, as Linux has it");
            assertThat(report.write(folder))
                    .extracting(file -> String.valueOf(file.getFileName()))
                    .containsExactlyInAnyOrder(
                            "round-trip.svg",
                            "round-trip.csv",
                            "time.svg",
                            "time.csv",
                            "pipeline.svg",
                            "pipeline.csv",
                            "curves.json");
        }
        assertThat(Files.readAllLines(folder.resolve("pipeline.csv"))).hasSize(1 + 2 * 6);
        assertThat(Files.readString(folder.resolve("time.csv"))).contains("Congestion window inside,direct,");
    }

    @Test
    void eachStepOfAQueueSweepHasItsPeersAndTheBareLinkIsNoneOfThem() throws Exception {
        CurvesOptions options = new CurvesOptions(
                Set.of(Curve.QUEUE), List.of("direct", "vtun"), List.of(), List.of(500, 1, 500), List.of(), 2, 1, 1, 0);
        Sweep sweep = Sweep.ofVideo(options);
        assertThat(sweep.names()).containsExactly("vtun");
        assertThat(sweep.steps()).extracting(Sweep.Step::x).containsExactly(1.0, 500.0);
    }
}
