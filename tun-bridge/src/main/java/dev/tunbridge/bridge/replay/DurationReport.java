package dev.tunbridge.bridge.replay;

/** How a number of durations is spread, in nanoseconds; all 0 where there is none. */
public record DurationReport(long count, long totalNanos, long p50Nanos, long p95Nanos, long p99Nanos, long maxNanos) {}
