package dev.tunbridge.bridge.tunnel;

import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** Durations as an operator reads them. */
final class DurationText {
    private static final long SECONDS_TO = TimeUnit.MINUTES.toNanos(10);
    private static final long MINUTES_TO = TimeUnit.HOURS.toNanos(10);

    private DurationText() {}

    /** As {@code 0.5 s}, {@code 45 min} or {@code 12 h}. */
    static String of(long nanos) {
        if (nanos < SECONDS_TO) {
            return String.format(Locale.ROOT, "%.1f s", nanos / 1e9);
        }
        return nanos < MINUTES_TO
                ? TimeUnit.NANOSECONDS.toMinutes(nanos) + " min"
                : TimeUnit.NANOSECONDS.toHours(nanos) + " h";
    }
}
