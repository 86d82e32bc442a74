package dev.tunbridge.sim.capture;

import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * What to measure.
 *
 * @param probes single segments on an idle link
 * @param rate segments a second
 * @param seconds for each kind of traffic
 */
public record CaptureBenchOptions(List<CaptureWay> ways, int probes, int rate, int seconds, int ringBytes) {
    public CaptureBenchOptions {
        ways = List.copyOf(ways);
    }

    long nanos() {
        return TimeUnit.SECONDS.toNanos(seconds);
    }
}
