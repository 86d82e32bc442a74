package dev.tunbridge.sim.bench.curve;

import dev.tunbridge.sim.bench.BenchProgress;
import dev.tunbridge.sim.bench.plan.TimeLeft;
import dev.tunbridge.sim.pipeline.PipelineOptions;
import dev.tunbridge.sim.pipeline.PipelineResult;
import dev.tunbridge.sim.pipeline.Shaping;
import dev.tunbridge.sim.pipeline.TunPipeline;
import dev.tunbridge.sim.plot.Axis;
import dev.tunbridge.sim.plot.Chart;
import dev.tunbridge.sim.plot.Point;
import dev.tunbridge.sim.plot.Series;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.ToDoubleFunction;

/**
 * The pipeline over the length of its queue, for readers that are slow and fast, bare and shaped.
 *
 * @param length of each run
 */
record PipelineSweep(List<Integer> queueLengths, int runs, Duration length) {
    /** 11, 56 and 224 Mbit/s. A sender sends several times as much as the fastest of them reads. */
    private static final List<Integer> READERS = List.of(1_000, 5_000, 20_000);

    /** What one reader has got, with or without shaping, at each length in turn. */
    private record Run(int packetsPerSecond, Shaping shaping, List<List<PipelineResult>> results) {
        String name() {
            return packetsPerSecond + " packets/s, " + shaping.words();
        }
    }

    /**
     * Plays all of it.
     *
     * @param ended asked before each run, whether it is to end early
     */
    List<Chart> play(BenchProgress progress, BooleanSupplier ended) throws IOException, InterruptedException {
        List<Run> played = new ArrayList<>();
        int done = 0;
        int all = READERS.size() * Shaping.values().length * queueLengths.size();
        Duration place = length.multipliedBy(runs);
        TimeLeft planned = new TimeLeft();
        for (int step = 0; step < all; step++) {
            planned.plan(PipelineSweep.class, place);
        }
        progress.start(planned);
        for (int packetsPerSecond : READERS) {
            for (Shaping shaping : Shaping.values()) {
                List<List<PipelineResult>> results = new ArrayList<>();
                for (int queueLength : queueLengths) {
                    progress.begin(
                            "pipeline, " + packetsPerSecond + " packets/s, " + shaping.words() + ", queue of "
                                    + queueLength,
                            done++,
                            all);
                    results.add(play(new PipelineOptions(queueLength, packetsPerSecond, shaping, length), ended));
                    progress.end(PipelineSweep.class, place, summary(results.get(results.size() - 1)));
                }
                played.add(new Run(packetsPerSecond, shaping, results));
            }
        }
        progress.finish();
        return List.of(
                chart(played, "TUN device by itself: packets lost", "% of those sent", PipelineResult::lossPercent),
                chart(played, "TUN device by itself: what comes out", "Mbit/s", PipelineResult::megabitsPerSecond));
    }

    private List<PipelineResult> play(PipelineOptions options, BooleanSupplier ended)
            throws IOException, InterruptedException {
        List<PipelineResult> results = new ArrayList<>();
        for (int run = 0; run < runs; run++) {
            if (ended.getAsBoolean()) {
                throw new IOException("the curves were ended");
            }
            results.add(TunPipeline.play(options));
        }
        return results;
    }

    private static String summary(List<PipelineResult> results) {
        PipelineResult last = results.get(results.size() - 1);
        return String.format(
                java.util.Locale.ROOT,
                "%d sent, %.2f %% lost, %.1f Mbit/s out",
                last.sent(),
                last.lossPercent(),
                last.megabitsPerSecond());
    }

    private Chart chart(List<Run> played, String title, String unit, ToDoubleFunction<PipelineResult> value) {
        List<Series> series = new ArrayList<>();
        for (Run run : played) {
            List<Point> points = new ArrayList<>();
            for (int at = 0; at < queueLengths.size(); at++) {
                points.add(Point.ofValues(
                        queueLengths.get(at),
                        run.results.get(at).stream().mapToDouble(value).toArray()));
            }
            series.add(new Series(run.name(), points));
        }
        return new Chart(title, Axis.logarithmic("queue of the TUN device, packets"), Axis.linear(unit), series);
    }
}
