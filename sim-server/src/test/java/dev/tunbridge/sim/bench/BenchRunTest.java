package dev.tunbridge.sim.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tunbridge.sim.bench.load.StreamWorkload;
import dev.tunbridge.sim.bench.measure.Measures;
import dev.tunbridge.sim.bench.measure.Metric;
import dev.tunbridge.sim.bench.plan.BenchOptions;
import dev.tunbridge.sim.bench.plan.Cell;
import dev.tunbridge.sim.bench.report.BenchReport;
import dev.tunbridge.sim.lab.Lab;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The benchmark itself, short, with real tunnels. */
class BenchRunTest {
    @BeforeAll
    static void requireLab() {
        Optional<String> missing = Lab.unavailable();
        assumeTrue(missing.isEmpty(), () -> "skipped: " + missing.orElse(""));
    }

    @Test
    void measuresTheBareLinkAndOursAndLeavesNothing() throws Exception {
        BenchReport report = run(List.of("direct", "ours"), List.of("tcp:up", "stream"), 0);
        assertThat(report.failures()).isEmpty();
        assertThat(report.outcomes()).hasSize(4).allSatisfy(outcome -> {
            Measures measures = ((Cell.Measured) outcome).measures();
            boolean isOurs = outcome.cell().peer().name().equals("ours");
            assertThat(measures.values().keySet())
                    .containsAll(outcome.cell().workload().metrics().stream()
                            .filter(metric -> isOurs || !isReadOnTheWire(metric))
                            .toList());
            assertThat(measures.values().keySet().stream().anyMatch(BenchRunTest::isReadOnTheWire))
                    .isEqualTo(isOurs && outcome.cell().workload() instanceof StreamWorkload);
            assertThat(measures.value(Metric.MEMORY_DEVICE).isPresent()).isEqualTo(isOurs);
            assertThat(measures.value(Metric.OWN_WAITED).isPresent()).isEqualTo(isOurs);
            measures.value(Metric.RATE).ifPresent(rate -> assertThat(rate).isPositive());
            measures.value(Metric.LOST).ifPresent(lost -> assertThat(lost).isZero());
        });
        assertThat(report.table()).contains("veth - tcp up, 1 flow, 1 s").contains("×");
        assertThat(report.json()).contains("\"rate\":{\"unit\":\"Mbit/s\",\"median\":");
        assertThat(ProcessHandle.current().descendants().filter(BenchRunTest::isOfTheTunnel))
                .as("processes left")
                .isEmpty();
        assertThat(ownNamespaces()).as("namespaces left").isEmpty();
    }

    @Test
    void aCellOverItsLimitFailsAndTheOthersGoOn() throws Exception {
        BenchReport report = run(List.of("direct"), List.of("tcp:seconds=30", "voice"), 3);
        assertThat(report.failures())
                .singleElement()
                .satisfies(failed -> assertThat(failed.reason()).contains("not finished within 3 s"));
        assertThat(report.outcomes().get(1)).isInstanceOf(Cell.Measured.class);
        assertThat(report.isSuccess()).isFalse();
        assertThat(report.table()).contains("failed: veth, tcp down");
        assertThat(report.json()).contains("\"failed\":\"not finished within 3 s\"");
    }

    private static BenchReport run(List<String> peers, List<String> workloads, int limitSeconds) throws Exception {
        BenchOptions options = new BenchOptions(
                peers, List.of("veth"), workloads, List.of(), List.of(), 1, 1, 1, OptionalInt.of(0), limitSeconds, "");
        try (Bench bench = Bench.prepare(options)) {
            return bench.run(BenchProgress.onStandardError());
        }
    }

    /** The bare link has no outer connection to read. */
    private static boolean isReadOnTheWire(Metric metric) {
        return metric == Metric.LATE_ON_WIRE || metric.name().startsWith("WAIT");
    }

    private static boolean isOfTheTunnel(ProcessHandle process) {
        return process.info().commandLine().orElse("").contains("dev.tunbridge");
    }

    /** Of labs that this process has opened. */
    private static Set<String> ownNamespaces() throws Exception {
        Path folder = Path.of("/run/netns");
        if (!Files.isDirectory(folder)) {
            return Set.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name ->
                            name.startsWith("tblab-" + ProcessHandle.current().pid() + "-"))
                    .collect(Collectors.toSet());
        }
    }
}
