package dev.tunbridge.sim.bench;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * What one cell has measured.
 *
 * @param bytes that the load has brought through, for figures by volume
 */
record Measures(Map<Metric, Double> values, long bytes) {

    public Measures {
        EnumMap<Metric, Double> copy = new EnumMap<>(Metric.class);
        copy.putAll(values);
        values = Collections.unmodifiableMap(copy);
    }

    static Measures ofBytes(long bytes) {
        return new Measures(Map.of(), bytes);
    }

    Measures with(Metric metric, double value) {
        EnumMap<Metric, Double> more = new EnumMap<>(Metric.class);
        more.putAll(values);
        more.put(metric, value);
        return new Measures(more, bytes);
    }

    OptionalDouble value(Metric metric) {
        Double value = values.get(metric);
        return value == null ? OptionalDouble.empty() : OptionalDouble.of(value);
    }
}
