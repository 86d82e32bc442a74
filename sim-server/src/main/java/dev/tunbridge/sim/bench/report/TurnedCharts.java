package dev.tunbridge.sim.bench.report;

import dev.tunbridge.sim.bench.load.TcpWorkload;
import dev.tunbridge.sim.bench.load.Workload;
import dev.tunbridge.sim.bench.measure.Metric;
import dev.tunbridge.sim.bench.peer.Peer;
import dev.tunbridge.sim.link.LinkProfile;
import dev.tunbridge.sim.link.LinkSettingException;
import dev.tunbridge.sim.plot.Axis;
import dev.tunbridge.sim.plot.Chart;
import dev.tunbridge.sim.plot.Point;
import dev.tunbridge.sim.plot.Series;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Curves of a report that nobody had to ask for: where cells differ only in one number, figures over that number. It is
 * the flows of a load, the length of a TUN device's queue, or the delay of a link.
 */
final class TurnedCharts {
    private static final Pattern QUEUE_LENGTH = Pattern.compile("[:,]" + Pattern.quote(Peer.QUEUE_LENGTH) + "=(\\d+)");

    private final BenchReport report;

    /** Where a curve has its points: series by name, and in each what was measured at each value. */
    private static final class Places {
        private final Map<String, Map<Double, List<Point>>> byName = new LinkedHashMap<>();

        void add(String name, double x, Map<Integer, Double> values) {
            if (!values.isEmpty()) {
                double[] all = values.values().stream()
                        .mapToDouble(Double::doubleValue)
                        .toArray();
                byName.computeIfAbsent(name, key -> new TreeMap<>())
                        .computeIfAbsent(x, key -> new ArrayList<>())
                        .add(Point.ofValues(x, all));
            }
        }

        /** Empty where nothing was turned. */
        Optional<Chart> chart(String title, Axis x, Metric metric) {
            List<Series> series = new ArrayList<>();
            byName.forEach((name, places) -> {
                if (places.size() > 1) {
                    series.add(new Series(
                            name,
                            places.values().stream()
                                    .map(points -> points.get(0))
                                    .toList()));
                }
            });
            return series.isEmpty()
                    ? Optional.empty()
                    : Optional.of(new Chart(
                            title + ": " + metric.label() + " ("
                                    + metric.better().words() + ")",
                            x,
                            Axis.linear(metric.unit()),
                            series));
        }
    }

    private TurnedCharts(BenchReport report) {
        this.report = report;
    }

    static List<Chart> of(BenchReport report) {
        TurnedCharts charts = new TurnedCharts(report);
        List<Chart> all = new ArrayList<>(charts.flows());
        all.addAll(charts.queues());
        all.addAll(charts.delays());
        return all;
    }

    private List<Chart> flows() {
        Map<String, Places> byTitle = new LinkedHashMap<>();
        for (LinkProfile profile : report.plan().profiles()) {
            for (Workload workload : report.plan().workloads()) {
                if (workload instanceof TcpWorkload tcp) {
                    String title = profile.name() + ", tcp " + tcp.direction().word() + ", "
                            + tcp.length().toSeconds() + " s";
                    for (Peer peer : report.played()) {
                        byTitle.computeIfAbsent(title, key -> new Places())
                                .add(
                                        peer.name(),
                                        tcp.flows(),
                                        report.byRun(profile, workload, peer.name(), Metric.RATE));
                    }
                }
            }
        }
        return charts(byTitle, Axis.logarithmic("flows"), Metric.RATE);
    }

    private List<Chart> queues() {
        List<Chart> charts = new ArrayList<>();
        for (LinkProfile profile : report.plan().profiles()) {
            for (Workload workload : report.plan().workloads()) {
                Metric metric = workload.metrics().get(0);
                Places places = new Places();
                for (Peer peer : report.played()) {
                    Matcher matcher = QUEUE_LENGTH.matcher(peer.name());
                    if (matcher.find()) {
                        places.add(
                                matcher.replaceFirst(""),
                                Integer.parseInt(matcher.group(1)),
                                report.byRun(profile, workload, peer.name(), metric));
                    }
                }
                places.chart(
                                profile.name() + ", " + workload.describe(),
                                Axis.logarithmic("queue of the TUN device, packets"),
                                metric)
                        .ifPresent(charts::add);
            }
        }
        return charts;
    }

    private List<Chart> delays() {
        List<Chart> charts = new ArrayList<>();
        for (Workload workload : report.plan().workloads()) {
            Metric metric = workload.metrics().get(0);
            Map<String, Places> byTitle = new LinkedHashMap<>();
            for (LinkProfile profile : report.plan().profiles()) {
                Optional<LinkProfile> like = withoutItsDelay(profile);
                if (like.isPresent()) {
                    double millis = (profile.ab().delayNanos() + profile.ba().delayNanos()) / 1e6;
                    for (Peer peer : report.played()) {
                        byTitle.computeIfAbsent(like.get().name() + ", " + workload.describe(), key -> new Places())
                                .add(peer.name(), millis, report.byRun(profile, workload, peer.name(), metric));
                    }
                }
            }
            charts.addAll(charts(byTitle, Axis.linear("round-trip time of the link, ms"), metric));
        }
        return charts;
    }

    /** The same of all profiles that are alike but for the delay, called by the first of them; a veth pair has none. */
    private Optional<LinkProfile> withoutItsDelay(LinkProfile profile) {
        return report.plan().profiles().stream()
                .filter(other -> evened(other).isPresent() && evened(other).equals(evened(profile)))
                .findFirst();
    }

    private static Optional<LinkProfile> evened(LinkProfile profile) {
        try {
            // More than any jitter, which may not exceed the delay.
            LinkProfile even = profile.with(List.of("delay=60s"));
            return Optional.of(new LinkProfile("", even.carrier(), even.ab(), even.ba()));
        } catch (LinkSettingException e) {
            return Optional.empty();
        }
    }

    private static List<Chart> charts(Map<String, Places> byTitle, Axis x, Metric metric) {
        List<Chart> charts = new ArrayList<>();
        byTitle.forEach((title, places) -> places.chart(title, x, metric).ifPresent(charts::add));
        return charts;
    }
}
