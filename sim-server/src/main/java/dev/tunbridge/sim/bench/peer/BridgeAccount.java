package dev.tunbridge.sim.bench.peer;

import dev.tunbridge.sim.bench.measure.Measures;
import dev.tunbridge.sim.bench.measure.Metric;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * What a bridge has counted of itself from its start to its end, whatever has gone through it besides the load.
 *
 * @param file that {@code tunbridge run --stats-file} writes
 */
public record BridgeAccount(Path file) {

    /** Adds what a bridge knows that measured from outside stands beside it. */
    public Measures addTo(Measures measures) throws IOException {
        Map<?, ?> counters = read();
        Map<?, ?> receive = at(counters, "receive");
        Map<?, ?> waits = at(receive, "waits");
        // Nothing where it is switched off.
        Measures suppressed = counters.get("suppression") instanceof Map<?, ?> suppression
                ? measures.with(Metric.OWN_SUPPRESSED, number(suppression, "copies"))
                : measures;
        return suppressed
                .with(Metric.OWN_DROPPED, dropped(at(counters, "queue")))
                .with(Metric.OWN_EARLY, number(receive, "early_frames"))
                .with(Metric.OWN_WAITED, number(waits, "over_five_ms"))
                .with(Metric.OWN_WAIT_P99, number(waits, "p99_ms"));
    }

    /** In all: a queue counts by cause and by class, as far as it has any. */
    private static double dropped(Map<?, ?> queue) {
        double sum = 0;
        for (Map.Entry<?, ?> entry : queue.entrySet()) {
            String key = String.valueOf(entry.getKey());
            if (entry.getValue() instanceof Map<?, ?> inner) {
                sum += dropped(inner);
            } else if (entry.getValue() instanceof Number number
                    && (key.equals("dropped") || key.startsWith("dropped_by_"))) {
                sum += number.doubleValue();
            }
        }
        return sum;
    }

    private Map<?, ?> read() throws IOException {
        // Any JSON is YAML.
        Object content = new Load(LoadSettings.builder().build()).loadFromString(Files.readString(file));
        if (content instanceof Map<?, ?> map) {
            return map;
        }
        throw new IOException(file + " holds no counters");
    }

    private Map<?, ?> at(Map<?, ?> map, String key) throws IOException {
        if (map.get(key) instanceof Map<?, ?> inner) {
            return inner;
        }
        throw new IOException(file + " has no '" + key + "'");
    }

    private double number(Map<?, ?> map, String key) throws IOException {
        if (map.get(key) instanceof Number number) {
            return number.doubleValue();
        }
        throw new IOException(file + " has no number '" + key + "'");
    }
}
