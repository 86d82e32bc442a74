package dev.tunbridge.sim.bench.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tunbridge.sim.bench.Bench;
import dev.tunbridge.sim.bench.BenchProgress;
import dev.tunbridge.sim.bench.measure.Measures;
import dev.tunbridge.sim.bench.measure.Metric;
import dev.tunbridge.sim.bench.plan.BenchOptions;
import dev.tunbridge.sim.bench.plan.Cell;
import dev.tunbridge.sim.bench.report.BenchReport;
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
    void datagramsAtAFixedRateAreSentAtItAndAllArrive() throws Exception {
        Measures measures = play("veth", "udp:up,rate=40,size=1000,seconds=1");
        assertThat(value(measures, Metric.SENT_RATE)).isCloseTo(40, within(2.0));
        assertThat(value(measures, Metric.RATE)).isCloseTo(40, within(2.0));
        assertThat(value(measures, Metric.LOST_SHARE)).isLessThan(1);
        assertThat(value(measures, Metric.PAYLOAD)).isEqualTo(1000);
    }

    @Test
    void aFloodIsSentAsFastAsItGoesAndLostWhereTheLinkIsNarrower() throws Exception {
        Measures measures = play("wan0", "udp:flood=yes,seconds=1");
        assertThat(value(measures, Metric.SENT_RATE)).isGreaterThan(50);
        assertThat(value(measures, Metric.RATE)).as("of 20 Mbit/s").isBetween(10.0, 20.0);
        assertThat(value(measures, Metric.LOST_SHARE)).isBetween(50.0, 100.0);
        assertThat(measures.bytes()).isPositive();
    }

    /** The way in which the end that accepts the stream sends. */
    @Test
    void aQuicStreamFillsTheLink() throws Exception {
        Optional<String> missing = QuicTransfer.unavailable();
        assumeTrue(missing.isEmpty(), () -> "skipped: " + missing.orElse(""));
        Measures measures = play("wan0", "quic:up,seconds=1");
        assertThat(value(measures, Metric.RATE)).isBetween(2.0, 20.0);
        assertThat(value(measures, Metric.STALLED)).isLessThan(50);
    }

    @Test
    void aConnectionCostsOneRoundTripAndItsFirstByteTwo() throws Exception {
        Measures measures = play("wan0", "connect:n=5");
        assertThat(value(measures, Metric.CONNECT_P50)).isBetween(50.0, 80.0);
        assertThat(value(measures, Metric.FIRST_BYTE_P50)).isBetween(100.0, 150.0);
        assertThat(value(measures, Metric.FETCH_RATE)).as("one at a time").isBetween(6.0, 10.0);
        assertThat(value(measures, Metric.FETCHES_FAILED)).isZero();
    }

    @Test
    void aFetchWithTlsCostsAtLeastARoundTripMore() throws Exception {
        Measures plain = play("wan0", "http:n=8,size=1000");
        Measures secured = play("wan0", "https:n=8,size=1000");
        assertThat(value(plain, Metric.FETCH_P50)).isBetween(100.0, 150.0);
        assertThat(value(secured, Metric.FETCH_P50)).isGreaterThan(value(plain, Metric.FETCH_P50) + 45);
        assertThat(value(plain, Metric.FETCH_RATE)).as("four at a time").isBetween(20.0, 40.0);
        assertThat(secured.bytes()).isEqualTo(8_000);
        assertThat(value(secured, Metric.FETCHES_FAILED)).isZero();
    }

    @Test
    void allFilesAreFetchedAndRight() throws Exception {
        Measures measures = play("veth", "files");
        assertThat(value(measures, Metric.FILES_FETCHED)).isEqualTo(100);
        assertThat(value(measures, Metric.FETCHES_FAILED)).isZero();
        assertThat(measures.bytes()).isBetween(9_900_000L, 10_100_000L);
        assertThat(value(measures, Metric.RATE) * value(measures, Metric.FILES_TIME) * 1e6 / 8)
                .isCloseTo((double) measures.bytes(), within(1.0));
    }

    @Test
    void aFlowDownTellsItsWindowItsRetransmissionsAndItsDrops() throws Exception {
        Measures measures = play("wan3", "tcp:down,seconds=1");
        assertThat(value(measures, Metric.LARGEST_WINDOW)).isGreaterThanOrEqualTo(10);
        // Per packet sent, and so of the bytes sent again: both ways to count must agree, nearly.
        double packets =
                100 * value(measures, Metric.INNER_RETRANSMISSIONS) / value(measures, Metric.INNER_RETRANSMITTED_SHARE);
        assertThat(packets * 1448).isCloseTo((double) measures.bytes(), within(0.5 * measures.bytes()));
        assertThat(value(measures, Metric.TUN_DROPPED)).isNotNegative();
    }

    /** A connection's first packet, the greeting behind it: not before it has gone there and come back. */
    @Test
    void aGreetingIsThereAfterARoundTrip() throws Exception {
        Measures measures = play("ours:carriage=socket", "wan0", "greeting:n=9");
        assertThat(value(measures, Metric.FIRST_BYTE_P50))
                .as("of 50 ms there and back")
                .isBetween(50.0, 95.0);
        assertThat(value(measures, Metric.FIRST_BYTE_P99))
                .isGreaterThanOrEqualTo(value(measures, Metric.FIRST_BYTE_P50));
    }

    @Test
    void connectionsThatIdleTakeSomeMemoryAtTheDevice() throws Exception {
        Measures measures = play("ours:carriage=socket", "veth", "idle:n=50");
        assertThat(value(measures, Metric.MEMORY_PER_CONNECTION)).as("KiB").isBetween(-100.0, 200.0);
    }

    /** Of a bare link they lose nothing but what they were in each other's way. */
    @Test
    void whoStopsToReadIsNotMissedByTheOthers() throws Exception {
        Measures measures = play("direct", "wan0", "stalled:flows=4,seconds=3");
        assertThat(value(measures, Metric.RATE_BEFORE)).isBetween(5.0, 20.0);
        assertThat(value(measures, Metric.RATE)).isBetween(5.0, 20.0);
        assertThat(value(measures, Metric.OTHERS_LOST)).isLessThan(30);
    }

    @Test
    void packetsPassAgainOnceTheServerIsBackAndTheDeviceHasNoticed() throws Exception {
        Measures measures = play("ours", "veth", "reconnect");
        assertThat(value(measures, Metric.SERVER_BACK)).isBetween(0.1, 20.0);
        assertThat(value(measures, Metric.RECONNECTED)).isBetween(value(measures, Metric.SERVER_BACK), 60.0);
        assertThat(value(measures, Metric.CPU_SERVER)).as("of both its lives").isPositive();
    }

    @Test
    void whatHasNoServerIsNotRestartedAndThatIsNoFailure() throws Exception {
        BenchReport report = run("direct", "veth", "reconnect");
        assertThat(report.isSuccess()).isTrue();
        assertThat(report.outcomes()).singleElement().isInstanceOf(Cell.Impossible.class);
        assertThat(report.table()).contains("nothing here starts the server end of direct again");
    }

    private static double value(Measures measures, Metric metric) {
        return measures.value(metric).orElseThrow(() -> new AssertionError(metric + " was not measured"));
    }

    /** Every metric that the load promises must be there. */
    private static Measures play(String profile, String workload) throws Exception {
        return play("direct", profile, workload);
    }

    private static Measures play(String peer, String profile, String workload) throws Exception {
        BenchReport report = run(peer, profile, workload);
        assertThat(report.failures()).isEmpty();
        Measures measures = ((Cell.Measured) report.outcomes().get(0)).measures();
        assertThat(measures.values())
                .containsKeys(Workload.parse(workload, 0).metrics().toArray(Metric[]::new));
        return measures;
    }

    private static BenchReport run(String peer, String profile, String workload) throws Exception {
        BenchOptions options = new BenchOptions(
                List.of(peer),
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
            return bench.run(BenchProgress.onStandardError());
        }
    }
}
