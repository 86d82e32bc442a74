package dev.tunbridge.sim.bench.measure;

import dev.tunbridge.sim.lab.DeviceDrops;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What one cell has measured.
 *
 * @param bytes that the load has brought through, for figures by volume
 * @param timeline of what has arrived, and of its connections where the workload was to keep that
 * @param latencies of its datagrams or round trips, where it has any
 */
public record Measures(
        Map<Metric, Double> values, long bytes, Optional<Timeline> timeline, Optional<LatencyCurve> latencies) {

    public Measures {
        EnumMap<Metric, Double> copy = new EnumMap<>(Metric.class);
        copy.putAll(values);
        values = Collections.unmodifiableMap(copy);
    }

    public static Measures ofBytes(long bytes) {
        return new Measures(Map.of(), bytes, Optional.empty(), Optional.empty());
    }

    public Measures with(Metric metric, double value) {
        EnumMap<Metric, Double> more = new EnumMap<>(Metric.class);
        more.putAll(values);
        more.put(metric, value);
        return new Measures(more, bytes, timeline, latencies);
    }

    /** What the tunnel's device at the sending end has not taken. */
    public Measures with(DeviceDrops drops) {
        return with(Metric.TUN_DROPPED, (double) drops.all()).with(Metric.QDISC_DROPPED, (double) drops.qdisc());
    }

    public Measures withBytes(long volume) {
        return new Measures(values, volume, timeline, latencies);
    }

    public Measures with(Timeline kept) {
        return new Measures(values, bytes, Optional.of(kept), latencies);
    }

    public Measures with(Optional<LatencyCurve> curve) {
        return new Measures(values, bytes, timeline, curve);
    }

    public OptionalDouble value(Metric metric) {
        Double value = values.get(metric);
        return value == null ? OptionalDouble.empty() : OptionalDouble.of(value);
    }
}
