package dev.tunbridge.sim.bench.curve;

import dev.tunbridge.sim.bench.Bench;
import dev.tunbridge.sim.bench.BenchProgress;
import dev.tunbridge.sim.bench.BenchRun;
import dev.tunbridge.sim.bench.BenchTurns;
import dev.tunbridge.sim.bench.report.BenchReport;
import dev.tunbridge.sim.link.LinkSettingException;
import dev.tunbridge.sim.plot.Chart;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Plays curves one after the other. Closing it, from any thread, ends the one that is being played. */
public final class CurvesPlay implements BenchRun {
    /** A run of the bare device has no start that would have to pass. */
    private static final Duration LONGEST_PIPELINE_RUN = Duration.ofSeconds(3);

    private final Map<Curve, List<Sweep>> sweeps;
    private final Optional<Bench> timeline;
    private final Optional<PipelineSweep> pipeline;
    private final List<String> faults = new ArrayList<>();
    private final BenchTurns turns = new BenchTurns();

    private CurvesPlay(Map<Curve, List<Sweep>> sweeps, Optional<Bench> timeline, Optional<PipelineSweep> pipeline) {
        this.sweeps = sweeps;
        this.timeline = timeline;
        this.pipeline = pipeline;
    }

    /**
     * Checks everything; nothing is started.
     *
     * @throws dev.tunbridge.bridge.config.ConfigException for a peer or setting that cannot be
     * @throws LinkSettingException never for numbers within their bounds
     */
    public static CurvesPlay prepare(CurvesOptions options) throws LinkSettingException {
        Map<Curve, List<Sweep>> sweeps = new EnumMap<>(Curve.class);
        if (options.curves().contains(Curve.QUEUE)) {
            sweeps.put(Curve.QUEUE, List.of(Sweep.ofVideo(options), Sweep.ofUpload(options)));
        }
        if (options.curves().contains(Curve.ROUND_TRIP)) {
            sweeps.put(Curve.ROUND_TRIP, List.of(Sweep.ofRoundTrip(options)));
        }
        Optional<Bench> timeline = Optional.empty();
        if (options.curves().contains(Curve.TIME)) {
            timeline = Optional.of(Sweep.ofTime(options));
        }
        Optional<PipelineSweep> pipeline = Optional.empty();
        if (options.curves().contains(Curve.PIPELINE)) {
            Duration given = Duration.ofSeconds(options.seconds());
            Duration length = given.compareTo(LONGEST_PIPELINE_RUN) < 0 ? given : LONGEST_PIPELINE_RUN;
            pipeline = Optional.of(new PipelineSweep(options.queueLengths(), options.runs(), length));
        }
        return new CurvesPlay(sweeps, timeline, pipeline);
    }

    @Override
    public CurvesReport run(BenchProgress progress) throws IOException, InterruptedException {
        List<CurvesReport.Page> pages = new ArrayList<>();
        for (Map.Entry<Curve, List<Sweep>> entry : sweeps.entrySet()) {
            List<Chart> charts = new ArrayList<>();
            for (Sweep sweep : entry.getValue()) {
                List<BenchReport> reports = new ArrayList<>();
                for (Sweep.Step step : sweep.steps()) {
                    progress.note(sweep.x().label() + ": " + Math.round(step.x()));
                    reports.add(play(step.bench(), progress));
                }
                charts.addAll(sweep.charts(reports));
            }
            pages.add(new CurvesReport.Page(entry.getKey().word(), charts));
        }
        if (timeline.isPresent()) {
            pages.add(new CurvesReport.Page(Curve.TIME.word(), TimelineCharts.of(play(timeline.get(), progress))));
        }
        if (pipeline.isPresent()) {
            pages.add(
                    new CurvesReport.Page(Curve.PIPELINE.word(), pipeline.get().play(progress, turns::isClosed)));
        }
        return new CurvesReport(pages, faults);
    }

    private BenchReport play(Bench bench, BenchProgress progress) throws IOException, InterruptedException {
        BenchReport report = turns.begin(bench).run(progress);
        report.failures().forEach(failed -> faults.add(failed.cell().title() + ": " + failed.reason()));
        report.missing().forEach((peer, reason) -> faults.add(peer + ": " + reason));
        return report;
    }

    @Override
    public void close() {
        turns.close();
    }
}
