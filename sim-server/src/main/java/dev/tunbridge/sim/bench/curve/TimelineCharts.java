package dev.tunbridge.sim.bench.curve;

import dev.tunbridge.sim.bench.measure.StallBins;
import dev.tunbridge.sim.bench.measure.Timeline;
import dev.tunbridge.sim.bench.plan.Cell;
import dev.tunbridge.sim.bench.report.BenchReport;
import dev.tunbridge.sim.plot.Axis;
import dev.tunbridge.sim.plot.Chart;
import dev.tunbridge.sim.plot.Point;
import dev.tunbridge.sim.plot.Series;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** Draws the timelines of several peers over one another. */
final class TimelineCharts {
    private static final Axis SECONDS = Axis.linear("seconds");

    /** Of the rate: finer, and nothing could be read any more. */
    private static final int BINS_A_POINT = 2;

    private final Map<String, Timeline> timelines = new LinkedHashMap<>();

    private TimelineCharts() {}

    /** Of a bench with one repetition. */
    static List<Chart> of(BenchReport report) {
        TimelineCharts charts = new TimelineCharts();
        for (Cell.Outcome outcome : report.outcomes()) {
            if (outcome instanceof Cell.Measured measured) {
                measured.measures()
                        .timeline()
                        .ifPresent(timeline ->
                                charts.timelines.put(outcome.cell().peer().name(), timeline));
            }
        }
        return List.of(
                charts.rate(),
                charts.of(
                        "Congestion window inside",
                        "segments",
                        moment -> moment.inner().windowSegments()),
                charts.of(
                        "Congestion window outside",
                        "segments",
                        moment -> moment.outer().windowSegments()),
                charts.of(
                        "Retransmissions inside, so far",
                        "segments",
                        moment -> moment.inner().retransmissions()),
                charts.of(
                        "Retransmissions outside, so far",
                        "segments",
                        moment -> moment.outer().retransmissions()),
                charts.of(
                        "Smoothed round trip inside",
                        "ms",
                        moment -> moment.inner().smoothedRttMillis()));
    }

    private Chart rate() {
        List<Series> series = new ArrayList<>();
        timelines.forEach((peer, timeline) -> {
            StallBins bins = timeline.bins();
            List<Point> points = new ArrayList<>();
            for (int bin = 0; bin + BINS_A_POINT <= bins.count(); bin += BINS_A_POINT) {
                double seconds = (bin + BINS_A_POINT / 2.0) * StallBins.BIN_NANOS / 1e9;
                points.add(Point.of(seconds, bins.megabitsPerSecond(bin, bin + BINS_A_POINT)));
            }
            series.add(new Series(peer, points));
        });
        return new Chart("Upload, one flow, on sea120: what arrives", SECONDS, Axis.linear("Mbit/s"), series);
    }

    private Chart of(String title, String unit, ToDoubleFunction<Timeline.Moment> value) {
        List<Series> series = new ArrayList<>();
        timelines.forEach((peer, timeline) -> series.add(new Series(
                peer,
                timeline.moments().stream()
                        .map(moment -> Point.of(timeline.seconds(moment), value.applyAsDouble(moment)))
                        .toList())));
        return new Chart(title, SECONDS, Axis.linear(unit), series);
    }
}
