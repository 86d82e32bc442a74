package dev.tunbridge.bridge.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/**
 * Many seeds, each a world of its own. {@code -Dtunbridge.simulation.seeds=N} says how many, {@code -Dtunbridge.simulation.minutes=M}
 * goes on with new ones for so long, {@code -Dtunbridge.simulation.seed=S} runs one alone and shows what happens.
 */
class SimulationTest {
    private static final int DEFAULT_SEEDS = 2_000;
    private static final int TRACE_LINES = 80;

    @Test
    void deliversEveryFrameOnceAndWhatIsProvenEarly() throws Exception {
        Long alone = Long.getLong("tunbridge.simulation.seed");
        if (alone != null) {
            runOne(alone);
            return;
        }
        long minutes = Long.getLong("tunbridge.simulation.minutes", 0);
        long first = minutes > 0 ? System.nanoTime() : 0;
        long seeds = minutes > 0 ? Long.MAX_VALUE : Integer.getInteger("tunbridge.simulation.seeds", DEFAULT_SEEDS);
        long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(minutes);
        AtomicLong done = new AtomicLong();
        AtomicBoolean failed = new AtomicBoolean();
        Set<String> played = ConcurrentHashMap.newKeySet();
        Callable<Simulation.Outcome> worker = () -> {
            Simulation.Outcome sum = Simulation.Outcome.NONE;
            while (!failed.get() && (minutes == 0 || System.nanoTime() < deadline)) {
                long index = done.getAndIncrement();
                if (index >= seeds) {
                    break;
                }
                try {
                    Scenario scenario = Scenario.draw(first + index);
                    sum = sum.plus(run(scenario, Trace.none()));
                    played.add(scenario.format().name());
                } catch (RuntimeException | AssertionError e) {
                    failed.set(true);
                    throw explained(first + index, e);
                }
            }
            return sum;
        };
        Simulation.Outcome sum = Simulation.Outcome.NONE;
        int threads = Runtime.getRuntime().availableProcessors();
        ExecutorService executor = Executors.newFixedThreadPool(threads);
        try {
            List<Future<Simulation.Outcome>> results = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                results.add(executor.submit(worker));
            }
            for (Future<Simulation.Outcome> result : results) {
                sum = sum.plus(result.get());
            }
        } finally {
            executor.shutdown();
        }
        System.out.printf(Locale.ROOT, "simulated %d seeds: %s%n", Math.min(seeds, done.get()), sum);
        assertThat(played)
                .as("protocols that were played")
                .containsAll(SimulatedFormats.shipped().stream()
                        .map(protocol -> protocol.format().name())
                        .toList());
        assertThat(sum.proven())
                .as("frames that went early from proven boundaries")
                .isPositive();
        assertThat(sum.anchored())
                .as("frames that went early from anchored boundaries")
                .isPositive();
    }

    private static void runOne(long seed) {
        Trace trace = Trace.ofLast(TRACE_LINES);
        Scenario scenario = Scenario.draw(seed);
        System.out.println(scenario);
        try {
            System.out.println(run(scenario, trace));
        } finally {
            trace.lines().forEach(System.out::println);
        }
    }

    private static Simulation.Outcome run(Scenario scenario, Trace trace) {
        try (Simulation simulation = new Simulation(scenario, Mutation.NONE, trace)) {
            simulation.run();
            return simulation.outcome();
        }
    }

    /** Runs the seed again, to tell what came before. */
    private static AssertionError explained(long seed, Throwable failure) {
        Trace trace = Trace.ofLast(TRACE_LINES);
        Throwable again = failure;
        Scenario scenario = Scenario.draw(seed);
        try {
            run(scenario, trace);
        } catch (RuntimeException | AssertionError e) {
            again = e;
        }
        return new AssertionError(
                "seed " + seed + ", format " + scenario.format().name() + ": " + failure.getMessage()
                        + "\nrun it again with\n  "
                        + "./mvnw -q test -pl tun-bridge -am -Djacoco.skip=true -Dtest=SimulationTest"
                        + " -Dsurefire.failIfNoSpecifiedTests=false -Dtunbridge.simulation.seed=" + seed + "\n"
                        + scenario + "\nthe last that happened:\n" + String.join("\n", trace.lines()),
                again);
    }
}
