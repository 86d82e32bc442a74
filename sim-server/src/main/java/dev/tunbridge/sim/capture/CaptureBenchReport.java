package dev.tunbridge.sim.capture;

import static dev.tunbridge.bridge.json.JsonText.array;
import static dev.tunbridge.bridge.json.JsonText.field;
import static dev.tunbridge.bridge.json.JsonText.number;
import static dev.tunbridge.bridge.json.JsonText.object;
import static dev.tunbridge.bridge.json.JsonText.text;

import dev.tunbridge.sim.bench.report.Columns;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;

/** What the ways of capturing cost. */
public final class CaptureBenchReport {
    private final CaptureBenchOptions options;
    private final List<Row> rows;

    CaptureBenchReport(CaptureBenchOptions options, List<Row> rows) {
        this.options = options;
        this.rows = List.copyOf(rows);
    }

    /**
     * One way.
     *
     * @param wakes nanoseconds from the write of a segment to its handler, on an idle link
     */
    record Row(CaptureWay way, Histogram wakes, List<Load> loads) {
        double wakeMicros(double percentile) {
            return wakes.getValueAtPercentile(percentile) / 1e3;
        }
    }

    /**
     * One way under one kind of traffic.
     *
     * @param coreShare processor time of the reading threads, in % of a core
     * @param kernelNanos what the capture adds to a packet in the kernel's receive path
     * @param wakes turns of the loop a second
     * @param allocated bytes a packet, on the loop
     * @param ageMicros p99 of the time from the write of a packet to its handler
     */
    record Load(
            Traffic traffic,
            double coreShare,
            double segmentNanos,
            double kernelNanos,
            double wakes,
            int packets,
            long dropped,
            double allocated,
            double ageMicros) {}

    /** For people. */
    public String table() {
        List<List<String>> idle = new ArrayList<>();
        idle.add(List.of("woken on an idle link after, us", "p50", "p99", "p99.9", "most"));
        for (Row row : rows) {
            idle.add(List.of(
                    row.way.title(),
                    decimal(row.wakeMicros(50)),
                    decimal(row.wakeMicros(99)),
                    decimal(row.wakeMicros(99.9)),
                    decimal(row.wakeMicros(100))));
        }
        List<List<String>> loads = new ArrayList<>();
        loads.add(List.of(
                "at " + options.rate() + " segments/s of " + SegmentWriter.PAYLOAD_BYTES + " bytes",
                "% of a core",
                "ns/segment",
                "kernel ns/packet",
                "wakes/s",
                "late p99, us",
                "dropped",
                "heap bytes/packet"));
        for (Traffic traffic : Traffic.values()) {
            for (Row row : rows) {
                Load load = row.loads.get(traffic.ordinal());
                loads.add(List.of(
                        traffic.title + ", " + row.way.title(),
                        decimal(load.coreShare),
                        decimal(load.segmentNanos),
                        decimal(load.kernelNanos),
                        whole(load.wakes),
                        decimal(load.ageMicros),
                        load.dropped + " of " + load.packets,
                        decimal(load.allocated)));
            }
        }
        return Columns.format(idle) + "\n" + Columns.format(loads);
    }

    /** For programs. */
    public String json() {
        return object(
                        field("rate", Integer.toString(options.rate())),
                        field("payloadBytes", Integer.toString(SegmentWriter.PAYLOAD_BYTES)),
                        field("seconds", Integer.toString(options.seconds())),
                        field("ringBytes", Integer.toString(options.ringBytes())),
                        field("sources", array(rows.stream().map(CaptureBenchReport::row))))
                + "\n";
    }

    private static String row(Row row) {
        Stream<String> loads = row.loads.stream()
                .map(load -> object(
                        field("traffic", text(load.traffic.name().toLowerCase(Locale.ROOT))),
                        field("corePercent", number(load.coreShare)),
                        field("segmentNanos", number(load.segmentNanos)),
                        field("kernelNanosPerPacket", number(load.kernelNanos)),
                        field("wakesPerSecond", number(load.wakes)),
                        field("latenessMicrosP99", number(load.ageMicros)),
                        field("packets", Integer.toString(load.packets)),
                        field("dropped", Long.toString(load.dropped)),
                        field("heapBytesPerPacket", number(load.allocated))));
        return object(
                field("source", text(row.way.title())),
                field("probes", Long.toString(row.wakes.getTotalCount())),
                field("wakeMicrosP50", number(row.wakeMicros(50))),
                field("wakeMicrosP99", number(row.wakeMicros(99))),
                field("wakeMicrosMost", number(row.wakeMicros(100))),
                field("loads", array(loads)));
    }

    private static String decimal(double value) {
        return String.format(Locale.ROOT, "%.1f", value);
    }

    private static String whole(double value) {
        return String.format(Locale.ROOT, "%.0f", value);
    }
}
