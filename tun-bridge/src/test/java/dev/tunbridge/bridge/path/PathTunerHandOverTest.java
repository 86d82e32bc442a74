package dev.tunbridge.bridge.path;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.bridge.net.RouteMetrics;
import dev.tunbridge.linux.netlink.TokenBucket;
import java.io.IOException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What goes from the loop to the tuner's own thread: of many wanted values the last is in force in the end, whenever the thread was
 * woken, and after a close none is. The test's thread is the loop, and plays the same samples to a plan and a policy of its own, which no
 * other thread knows of.
 */
class PathTunerHandOverTest {
    private static final long MILLI = 1_000_000;
    private static final long PATIENCE_NANOS = 30_000 * MILLI;
    private static final int MOST_IN_A_BURST = 8;

    private static final Map<String, String> NO_ROUTES = Map.of(
            "tun.shaper", "on",
            "route.rto-min", "off",
            "route.ecn", "false",
            "route.reordering", "off",
            "route.mtu", "off",
            "route.advmss", "off");

    private final long seed = System.nanoTime();
    private final Random random = new Random(seed);
    private TunedDevice device;
    private long nowNanos;
    private long acked;

    @BeforeEach
    void openDevice() throws Exception {
        device = TunedDevice.open();
    }

    @AfterEach
    void closeDevice() throws Exception {
        if (device != null) {
            device.close();
        }
    }

    /** Without routes one change takes some 20 µs, so that the hand-over itself is what happens most of the time. */
    @Test
    void theLastBucketIsInForceAfterEveryBurst() throws Exception {
        playBursts(NO_ROUTES, 1_500);
    }

    /** A route takes milliseconds: nearly every burst comes while the thread is at work. */
    @Test
    void theLastMetricsAreInForceAfterEveryBurst() throws Exception {
        playBursts(Map.of("route.mtu", "auto", "tun.shaper", "on"), 40);
    }

    private void playBursts(Map<String, String> settings, int bursts) throws Exception {
        try (PathTuner tuner = device.tuner(settings)) {
            Twin twin = new Twin(settings);
            int shapes = 0;
            for (int burst = 0; burst < bursts; burst++) {
                int length = 1 + random.nextInt(MOST_IN_A_BURST);
                for (int i = 0; i < length; i++) {
                    int choice = burst == 0 && i == 0 ? 0 : random.nextInt(20);
                    if (choice == 0) {
                        tuner.established(shape());
                        twin.established();
                    } else if (choice == 1) {
                        tuner.disconnected();
                        twin.disconnected();
                    } else {
                        PathSample sample = sample();
                        long waiting = random.nextBoolean() ? 0 : 1_700_000;
                        tuner.sample(sample, 0, waiting, waiting);
                        twin.sample(sample, waiting);
                    }
                }
                await(twin, tuner);
                shapes += twin.bucket().isPresent() ? 1 : 0;
            }
            assertThat(shapes).as("bursts that ended with a bucket").isBetween(1, bursts);
            assertThat(tuner.stats().shaperChanges()).isPositive();
            assertThat(tuner.stats().faults()).isZero();
            assertThat(device.qdisc().contains("tbf 5442:"))
                    .isEqualTo(twin.bucket().isPresent());
            String inTheKernel = device.routes();
            assertThat(twin.metrics().words()).allSatisfy((word, value) -> {
                assertThat(inTheKernel).contains(word + " ");
                if (!word.equals("rto_min")) { // which ip prints in seconds where it can
                    assertThat(inTheKernel).contains(word + " " + value);
                }
            });
        }
    }

    /** The loop does not know of the close, and hands in more while two threads take everything back. */
    @Test
    void nothingIsDoneAfterACloseHoweverMuchIsWanted() throws Exception {
        String routesBefore = device.routes();
        String qdiscBefore = device.qdisc();
        ExecutorService threads = Executors.newFixedThreadPool(3);
        try {
            for (int round = 0; round < 25; round++) {
                PathTuner tuner = device.tuner(Map.of("tun.shaper", "on"));
                AtomicBoolean stopping = new AtomicBoolean();
                CountDownLatch started = new CountDownLatch(1);
                Future<?> loop = threads.submit(() -> {
                    while (!stopping.get()) {
                        tuner.established(shape());
                        tuner.sample(sample(), 0, 1_700_000, 1_700_000);
                        started.countDown();
                    }
                    return null;
                });
                assertThat(started.await(PATIENCE_NANOS, TimeUnit.NANOSECONDS)).isTrue();
                List<Future<TuningStats>> closes = new ArrayList<>();
                for (int i = 0; i < 2; i++) {
                    closes.add(threads.submit(() -> {
                        tuner.close();
                        return tuner.stats();
                    }));
                }
                for (Future<TuningStats> close : closes) {
                    TuningStats after = close.get(PATIENCE_NANOS, TimeUnit.NANOSECONDS);
                    assertThat(after.shaper()).as("round %d", round).isEmpty();
                    assertThat(after.route()).as("round %d", round).isEmpty();
                    assertThat(after.faults()).as("round %d", round).isZero();
                }
                stopping.set(true);
                loop.get(PATIENCE_NANOS, TimeUnit.NANOSECONDS);
                assertThat(device.routes()).as("round %d", round).isEqualTo(routesBefore);
                assertThat(device.qdisc()).as("round %d", round).isEqualTo(qdiscBefore);
            }
        } finally {
            threads.shutdownNow();
        }
    }

    /** What the loop wants, by the same parts, without a second thread. */
    private static final class Twin {
        private final TuningOptions options;
        private final RoutePlan plan;
        private Optional<ShaperPolicy> policy = Optional.empty();
        private RouteMetrics metrics = RouteMetrics.NONE;

        Twin(Map<String, String> settings) {
            options = TunedDevice.options(settings);
            plan = new RoutePlan(options);
        }

        void established() throws IOException {
            plan.begin(shape());
            policy = Optional.of(new ShaperPolicy(new ShaperOptions(
                    shape().mtu(), options.txQueueLength(), options.queueLimitBytes(), ShaperOptions.Guard.ALWAYS)));
            metrics = plan.metrics();
        }

        void disconnected() {
            policy.ifPresent(ShaperPolicy::reset);
        }

        void sample(PathSample sample, long waiting) {
            plan.sample(sample);
            metrics = plan.metrics();
            policy.ifPresent(known -> known.sample(sample, 0, waiting, waiting));
        }

        RouteMetrics metrics() {
            return metrics;
        }

        Optional<TokenBucket> bucket() {
            return policy.flatMap(ShaperPolicy::bucket);
        }
    }

    private void await(Twin twin, PathTuner tuner) {
        Map<String, String> words = new HashMap<>(twin.metrics().words());
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while (!tuner.stats().shaper().equals(twin.bucket())
                || !tuner.stats().route().equals(words)) {
            assertThat(deadline - System.nanoTime())
                    .as("seed %d: %s and %s are wanted, in force is %s", seed, twin.bucket(), words, tuner.stats())
                    .isPositive();
            Thread.onSpinWait();
        }
    }

    private static TunnelShape shape() throws IOException {
        return new TunnelShape(InetAddress.getByName("198.19.0.1"), 1440, 20);
    }

    /** Another path each time, later by more than any hysteresis. */
    private PathSample sample() {
        long rtt = (10 + random.nextInt(400)) * MILLI;
        long rate = 100_000L + random.nextInt(5_000_000);
        nowNanos += 1_000 * MILLI;
        acked += rate;
        return new PathSample(
                nowNanos,
                rtt,
                rtt / 16,
                rtt,
                rtt + 200 * MILLI,
                rate,
                PathSample.Limit.PATH,
                acked,
                100,
                1_330 + random.nextInt(118),
                0,
                0,
                3,
                0);
    }
}
