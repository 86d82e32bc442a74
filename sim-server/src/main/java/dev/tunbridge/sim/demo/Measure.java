package dev.tunbridge.sim.demo;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One line of the demo's table.
 *
 * @param name what was done
 * @param amount how much passed, in words
 * @param megabitsPerSecond rate, or 0 where it means nothing
 * @param latencyMillis median latency or time to the first byte
 * @param worstMillis the largest latency, or null
 * @param isIntact whether all of it arrived as it was sent
 */
record Measure(
        String name,
        String amount,
        double megabitsPerSecond,
        double latencyMillis,
        @Nullable Double worstMillis,
        boolean isIntact) {

    static final String HEADER = String.format(
            "%-26s %18s %10s %12s %11s  %s", "what", "passed", "Mbit/s", "latency ms", "worst ms", "intact");

    String row() {
        return String.format(
                Locale.ROOT,
                "%-26s %18s %10s %12.1f %11s  %s",
                name,
                amount,
                megabitsPerSecond == 0 ? "" : String.format(Locale.ROOT, "%.2f", megabitsPerSecond),
                latencyMillis,
                worstMillis == null ? "" : String.format(Locale.ROOT, "%.1f", worstMillis),
                isIntact ? "yes" : "NO");
    }

    String json() {
        return String.format(
                Locale.ROOT,
                "{\"name\":\"%s\",\"amount\":\"%s\",\"mbit_per_s\":%.3f,\"latency_ms\":%.3f,\"worst_ms\":%s,\"intact\":%b}",
                name,
                amount,
                megabitsPerSecond,
                latencyMillis,
                worstMillis == null ? "null" : String.format(Locale.ROOT, "%.3f", worstMillis),
                isIntact);
    }
}
