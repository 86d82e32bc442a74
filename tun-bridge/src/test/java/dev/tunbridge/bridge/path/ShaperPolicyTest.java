package dev.tunbridge.bridge.path;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.linux.netlink.TokenBucket;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ShaperPolicyTest {
    private static final int MTU = 1400;
    private static final int QUEUE_LIMIT = 256 * 1024;
    private static final double MEGABIT = 125_000;

    @ParameterizedTest
    @CsvSource({"2, 0.050", "20, 0.050", "20, 0.200", "100, 0.010", "100, 0.002", "400, 0.020"})
    void lettingNothingDropTheShaperKeepsAFullPathFull(double megabits, double rtt) {
        double rate = megabits * MEGABIT;
        ShapedPath path = path(500, rtt, seconds -> rate, ShapedPath.greedy()).runTo(20);

        assertThat(path.carried(3, 20)).isBetween(0.97 * rate, 1.001 * rate);
        assertThat(path.droppedShare(3, 20)).isLessThan(0.005);
        assertThat(path.at(20).rate()).isBetween(0.7 * rate, 1.5 * rate);
        assertThat(path.history()).noneMatch(moment -> moment.rate() != 0 && moment.rate() < ShaperPolicy.FLOOR);
        assertChangesAreFew(path);
    }

    @Test
    void leavesAPathAloneThatTakesEverything() {
        ShapedPath path = path(500, 0.02, seconds -> 100 * MEGABIT, seconds -> 40 * MEGABIT)
                .runTo(10);

        assertThat(path.history()).allMatch(moment -> moment.rate() == 0);
    }

    /** Inner TCP that the bridge's own queue governs offers what the path takes, a little more or less. */
    @Test
    void doesNotHoldBackSendersThatKeepTheQueueShort() {
        double rate = 20 * MEGABIT;
        DoubleUnaryOperator wavering = seconds -> rate * (1 + 0.04 * Math.sin(seconds * 5));
        ShapedPath path = path(500, 0.05, seconds -> rate, wavering).runTo(20);

        assertThat(path.carried(2, 20)).isGreaterThan(0.975 * rate);
        assertThat(path.droppedShare(0, 20)).isZero();
    }

    @ParameterizedTest
    @CsvSource({"20, 100, 0.050", "5, 50, 0.020", "20, 80, 0.005", "2, 100, 0.100"})
    void followsAPathThatGetsFaster(double before, double after, double rtt) {
        ShapedPath path =
                path(500, rtt, step(5, before, after), ShapedPath.greedy()).runTo(15);

        assertThat(path.at(4.9).rate()).isPositive();
        // A quarter each round trip, or each tenth of a second, and the last probe before may have just failed.
        double steps = Math.log(after / before) / Math.log(1.25);
        double settled = 5 + Math.max(1, 8 * rtt) + (steps + 3) * Math.max(0.1, rtt) + 0.5;
        assertThat(path.carried(settled, 15)).isGreaterThan(0.93 * after * MEGABIT);
        assertChangesAreFew(path);
    }

    @ParameterizedTest
    @CsvSource({"100, 20, 0.050", "50, 5, 0.020", "80, 20, 0.005", "20, 10, 0.200"})
    void followsAPathThatGetsSlower(double before, double after, double rtt) {
        ShapedPath path =
                path(500, rtt, step(5, before, after), ShapedPath.greedy()).runTo(15);

        double settled = 5 + 6 * Math.max(0.1, rtt);
        assertThat(path.at(settled).rate()).isBetween(1.0, 1.3 * after * MEGABIT);
        assertThat(path.carried(settled, 15)).isGreaterThan(0.95 * after * MEGABIT);
        assertThat(path.droppedShare(settled + 1, 15)).isLessThan(0.005);
        assertChangesAreFew(path);
    }

    @Test
    void forgetsAPathThatGoesIdle() {
        DoubleUnaryOperator untilFive = seconds -> seconds < 5 ? Double.POSITIVE_INFINITY : 0;
        ShapedPath path = path(500, 0.05, seconds -> 20 * MEGABIT, untilFive).runTo(10);

        assertThat(path.at(4.9).rate()).isPositive();
        assertThat(path.at(7).rate()).isZero();
    }

    @ParameterizedTest
    @CsvSource({"20, 0.050, 2", "100, 0.010, 0.5", "20, 0.050, 10"})
    void letsAlmostNothingIntoAStallAndEverythingAfterIt(double megabits, double rtt, double stall) {
        double rate = megabits * MEGABIT;
        DoubleUnaryOperator blackout = seconds -> seconds >= 5 && seconds < 5 + stall ? 0 : rate;
        ShapedPath path = path(500, rtt, blackout, ShapedPath.greedy()).runTo(20);

        double noticed = 5 + 3 * rtt + 0.4;
        assertThat(path.at(5 + stall).rate()).isEqualTo(ShaperPolicy.FLOOR);
        assertThat(path.at(5 + stall).dropped()
                        - path.at(Math.min(noticed, 5 + stall)).dropped())
                .isLessThan(0.02 * rate + ShaperPolicy.FLOOR * stall);
        assertThat(path.carried(5 + stall + 0.5, 5 + stall + 1.5)).isGreaterThan(0.9 * rate);
    }

    /** 87 datagrams of 1200 bytes at once, thirty times a second, as a camera sends them. */
    @Test
    void leavesTheBurstsOfAVideoToTheQueue() {
        DoubleUnaryOperator video = seconds -> (seconds * 30) % 1 < 0.04 ? 87 * 1200 * 30 / 0.04 : 0;
        ShapedPath path = path(500, 0.005, seconds -> 100 * MEGABIT, video).runTo(10);

        assertThat(path.at(10).changes()).isZero();
        assertThat(path.droppedShare(0, 10)).isZero();
    }

    @Test
    void guardsAShortDeviceAlsoWhileNothingIsKnown() {
        ShaperPolicy policy = policy(25);
        assertThat(policy.bucket().map(TokenBucket::rateBytesPerSecond)).contains(ShaperPolicy.LEAST_GUARD);

        ShapedPath path = path(25, 0.02, seconds -> 1000 * MEGABIT, seconds -> 500 * MEGABIT)
                .runTo(10);
        assertThat(path.carried(5, 10)).isGreaterThan(490 * MEGABIT);
        assertThat(path.history()).allMatch(moment -> moment.rate() != 0);
    }

    @Test
    void guardsADeviceThatHasDropped() {
        ShaperPolicy policy = policy(500);
        assertThat(policy.bucket()).isEmpty();
        policy.dropped();
        new ShapedPath(policy, QUEUE_LIMIT, 0.02, seconds -> 20 * MEGABIT, seconds -> MEGABIT).runTo(1);
        assertThat(policy.bucket()).isPresent();
    }

    @Test
    void shapesNoPathThatIsFasterThanItsTimers() {
        ShapedPath path =
                path(500, 0.001, seconds -> 8000 * MEGABIT, ShapedPath.greedy()).runTo(5);

        assertThat(path.at(5).rate()).isZero();
        assertThat(path.carried(1, 5)).isGreaterThan(7_900 * MEGABIT);
    }

    @ParameterizedTest
    @CsvSource({"100000, 2800", "12500000, 3750", "60000000, 18000", "62500000, 81920", "125000000, 81920"})
    void takesABurstOfPacketsOrOfWholeSuperPackets(long rate, int burst) {
        assertThat(options(500).bucket(rate).burstBytes()).isEqualTo(burst);
    }

    @Test
    void takesABurstThatAShortDeviceHolds() {
        assertThat(options(1).bucket(12_500_000).burstBytes()).isEqualTo(MTU);
        assertThat(options(25).bucket(60_000_000).burstBytes()).isEqualTo(6 * MTU);
    }

    @Test
    void keepsItsPromisesOnAnyPath() {
        long seed = Long.getLong("tunbridge.seed", 20_261_121);
        System.out.println("ShaperPolicyTest seed " + seed);
        Random random = new Random(seed);
        for (int run = 0; run < 200; run++) {
            double first = MEGABIT * Math.exp(Math.log(0.5) + random.nextDouble() * Math.log(600));
            double factor = Math.exp((random.nextDouble() - 0.5) * 3);
            double second = Math.max(0.5 * MEGABIT, Math.min(400 * MEGABIT, first * factor));
            double rtt = 0.002 * Math.exp(random.nextDouble() * Math.log(100));
            DoubleUnaryOperator rate = seconds -> seconds < 8 ? first : second;
            ShapedPath path = path(500, rtt, rate, ShapedPath.greedy()).runTo(24);
            String scene = "run %d: %.1f then %.1f Mbit/s, %.0f ms"
                    .formatted(run, first / MEGABIT, second / MEGABIT, rtt * 1e3);

            assertThat(path.carried(4, 8)).as(scene).isGreaterThan(0.93 * first);
            assertThat(path.carried(16, 24)).as(scene).isGreaterThan(0.93 * second);
            assertThat(path.droppedShare(4, 8)).as(scene).isLessThan(0.02);
            assertThat(path.droppedShare(16, 24)).as(scene).isLessThan(0.02);
            assertChangesAreFew(path);
        }
    }

    private static void assertChangesAreFew(ShapedPath path) {
        int seconds = path.history().size() / 1000;
        for (int second = 1; second < seconds; second++) {
            assertThat(path.at(second).changes() - path.at(second - 1).changes())
                    .isLessThanOrEqualTo(10);
        }
    }

    private static DoubleUnaryOperator step(double at, double before, double after) {
        return seconds -> (seconds < at ? before : after) * MEGABIT;
    }

    private static ShapedPath path(
            int txQueueLength, double rtt, DoubleUnaryOperator rate, DoubleUnaryOperator demand) {
        return new ShapedPath(policy(txQueueLength), QUEUE_LIMIT, rtt, rate, demand);
    }

    private static ShaperPolicy policy(int txQueueLength) {
        return new ShaperPolicy(options(txQueueLength));
    }

    private static ShaperOptions options(int txQueueLength) {
        return new ShaperOptions(MTU, txQueueLength, QUEUE_LIMIT, ShaperOptions.Guard.WHERE_SHORT);
    }
}
