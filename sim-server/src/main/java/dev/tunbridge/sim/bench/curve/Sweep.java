package dev.tunbridge.sim.bench.curve;

import dev.tunbridge.sim.bench.Bench;
import dev.tunbridge.sim.bench.load.StreamWorkload;
import dev.tunbridge.sim.bench.load.Workload;
import dev.tunbridge.sim.bench.measure.Metric;
import dev.tunbridge.sim.bench.peer.Peer;
import dev.tunbridge.sim.bench.plan.BenchOptions;
import dev.tunbridge.sim.bench.plan.BenchPlan;
import dev.tunbridge.sim.bench.report.BenchReport;
import dev.tunbridge.sim.link.LinkProfile;
import dev.tunbridge.sim.link.LinkSettingException;
import dev.tunbridge.sim.plot.Axis;
import dev.tunbridge.sim.plot.Chart;
import dev.tunbridge.sim.plot.Point;
import dev.tunbridge.sim.plot.Series;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * One workload again and again, with one thing turned up from step to step.
 *
 * @param x what is turned up
 * @param names of the peers, whatever is turned up at them
 * @param steps in order
 * @param pictures what to draw of it
 */
record Sweep(Axis x, List<String> names, List<Step> steps, List<Picture> pictures) {

    /** A place on the x axis, and the comparison that is played there. */
    record Step(double x, Bench bench) {}

    /**
     * A figure of the workload over what is turned up.
     *
     * @param scale times the metric's value
     */
    record Picture(String title, Axis y, Metric metric, double scale) {}

    /** A video that the link could carry four times; what it loses, it loses at the queue. */
    static Sweep ofVideo(CurvesOptions options) throws LinkSettingException {
        StreamWorkload video = (StreamWorkload) Workload.parse("stream:up,rate=25", options.seconds());
        double toPercentOfFrames = 100.0 / video.frames();
        return ofQueue(
                options,
                "baseline",
                List.of("delay=5ms"),
                "stream:up,rate=25",
                List.of(
                        new Picture(
                                "Video upwards, 25 Mbit/s in bursts, on 100 Mbit/s and 10 ms: datagrams lost",
                                Axis.linear("% of datagrams"),
                                Metric.LOST,
                                toPercentOfFrames / video.datagramsPerFrame()),
                        new Picture(
                                "The same: dropped at the TUN device",
                                Axis.linear("% of datagrams"),
                                Metric.TUN_DROPPED_SHARE,
                                1),
                        new Picture(
                                "The same: frames whole within 100 ms",
                                Axis.linear("% of frames"),
                                Metric.WHOLE_FRAMES,
                                toPercentOfFrames)));
    }

    static Sweep ofUpload(CurvesOptions options) throws LinkSettingException {
        return ofQueue(
                options,
                "sea120",
                List.of(),
                "tcp:up",
                List.of(
                        new Picture(
                                "Upload, one flow, on sea120 (50 Mbit/s, 120 ms, 0.1 % lost)",
                                Axis.linear("Mbit/s"), Metric.RATE, 1),
                        new Picture(
                                "The same: dropped at the TUN device", Axis.linear("packets"), Metric.TUN_DROPPED, 1)));
    }

    private static Sweep ofQueue(
            CurvesOptions options, String profile, List<String> link, String workload, List<Picture> pictures)
            throws LinkSettingException {
        // The bare link has no queue of its own to turn up.
        List<String> names =
                options.peers().stream().filter(peer -> !peer.equals("direct")).toList();
        List<Step> steps = new ArrayList<>();
        for (int length : options.queueLengths()) {
            List<String> peers = names.stream()
                    .map(peer -> Peer.withQueueLength(peer, length))
                    .toList();
            steps.add(new Step(length, bench(options, peers, profile, link, workload)));
        }
        return new Sweep(Axis.logarithmic("queue of the TUN device, packets"), names, steps, pictures);
    }

    static Sweep ofRoundTrip(CurvesOptions options) throws LinkSettingException {
        List<Step> steps = new ArrayList<>();
        for (int millis : options.roundTripsMillis()) {
            List<String> link = List.of("delay=" + millis * 500 + "us");
            steps.add(new Step(millis, bench(options, options.peers(), "sea120", link, "tcp:up")));
        }
        return new Sweep(
                Axis.linear("round-trip time, ms"),
                options.peers(),
                steps,
                List.of(
                        new Picture("Upload, one flow, 50 Mbit/s, 0.1 % lost", Axis.linear("Mbit/s"), Metric.RATE, 1),
                        new Picture(
                                "The same: dropped at the TUN device", Axis.linear("packets"), Metric.TUN_DROPPED, 1)));
    }

    private static Bench bench(
            CurvesOptions options, List<String> peers, String profile, List<String> link, String workload)
            throws LinkSettingException {
        return Bench.prepare(new BenchOptions(
                peers,
                List.of(profile),
                List.of(workload),
                options.ownSettings(),
                link,
                options.runs(),
                options.seed(),
                options.seconds(),
                OptionalInt.empty(),
                options.limitSeconds(),
                ""));
    }

    /** One upload of each peer, whose timeline is kept; no median of several has a time. */
    static Bench ofTime(CurvesOptions options) throws LinkSettingException {
        return Bench.prepare(new BenchOptions(
                options.peers(),
                List.of("sea120"),
                List.of("tcp:up,timeline=yes"),
                options.ownSettings(),
                List.of(),
                1,
                options.seed(),
                options.seconds(),
                OptionalInt.empty(),
                options.limitSeconds(),
                ""));
    }

    /**
     * Draws what was found.
     *
     * @param reports one for each step, in order
     */
    List<Chart> charts(List<BenchReport> reports) {
        return pictures.stream()
                .map(picture -> new Chart(
                        picture.title,
                        x,
                        picture.y,
                        IntStream.range(0, names.size())
                                .mapToObj(peer -> series(reports, picture, peer))
                                .toList()))
                .toList();
    }

    /** Without the places at which nothing was measured. */
    private Series series(List<BenchReport> reports, Picture picture, int peer) {
        List<Point> points = new ArrayList<>();
        for (int step = 0; step < reports.size(); step++) {
            BenchPlan plan = reports.get(step).plan();
            LinkProfile profile = plan.profiles().get(0);
            double[] values = reports
                    .get(step)
                    .byRun(
                            profile,
                            plan.workloads().get(0),
                            plan.peers().get(peer).name(),
                            picture.metric)
                    .values()
                    .stream()
                    .mapToDouble(value -> value * picture.scale)
                    .toArray();
            if (values.length > 0) {
                points.add(Point.ofValues(steps.get(step).x(), values));
            }
        }
        return new Series(names.get(peer), points);
    }
}
