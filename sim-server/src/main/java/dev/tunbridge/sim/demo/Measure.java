package dev.tunbridge.sim.demo;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One line of the demo's table.
 *
 * @param name what was done
 * @param amount how much passed, in words
 * @param megabitsPerSecond rate, or 0 where it means nothing
 * @param latencyMillis median one-way latency, or the time to a first byte that came back, or null
 * @param worstMillis the largest latency, or null
 * @param isIntact whether all of it arrived as it was sent
 */
record Measure(
        String name,
        String amount,
        double megabitsPerSecond,
        @Nullable Double latencyMillis,
        @Nullable Double worstMillis,
        boolean isIntact) {

    static final String HEADER = String.format(
            "%-26s %18s %10s %12s %11s  %s", "what", "passed", "Mbit/s", "latency ms", "worst ms", "intact");

    String row() {
        return String.format(
                Locale.ROOT,
                "%-26s %18s %10s %12s %11s  %s",
                name,
                amount,
                megabitsPerSecond == 0 ? "" : String.format(Locale.ROOT, "%.2f", megabitsPerSecond),
                latencyMillis == null ? "" : String.format(Locale.ROOT, "%.1f", latencyMillis),
                worstMillis == null ? "" : String.format(Locale.ROOT, "%.1f", worstMillis),
                isIntact ? "yes" : "NO");
    }

    String json() {
        return String.format(
                Locale.ROOT,
                "{\"name\":\"%s\",\"amount\":\"%s\",\"mbit_per_s\":%.3f,\"latency_ms\":%s,\"worst_ms\":%s,\"intact\":%b}",
                name,
                amount,
                megabitsPerSecond,
                latencyMillis == null ? "null" : String.format(Locale.ROOT, "%.3f", latencyMillis),
                worstMillis == null ? "null" : String.format(Locale.ROOT, "%.3f", worstMillis),
                isIntact);
    }
}
