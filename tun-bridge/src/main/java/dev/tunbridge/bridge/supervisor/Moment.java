package dev.tunbridge.bridge.supervisor;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.TimeUnit;

/**
 * When something was: for people by the host's clock, which may be set, and for durations by the one that only goes on.
 *
 * @param nanos of {@link System#nanoTime}
 * @param text in UTC, to the millisecond, as RFC 3339 has it
 */
public record Moment(long nanos, String text) {
    public static Moment now() {
        return new Moment(
                System.nanoTime(), Instant.now().truncatedTo(ChronoUnit.MILLIS).toString());
    }

    /** Whole seconds since then. */
    public long seconds() {
        return TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - nanos);
    }
}
