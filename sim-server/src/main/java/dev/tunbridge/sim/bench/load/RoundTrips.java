package dev.tunbridge.sim.bench.load;

import dev.tunbridge.sim.bench.measure.LatencyCurve;
import dev.tunbridge.sim.bench.peer.EchoProbe;
import java.io.IOException;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * What a series of probes says.
 *
 * @param jitterMillis the mean difference from one round trip to the next
 * @param lost probes without an answer
 */
record RoundTrips(
        double averageMillis,
        double medianMillis,
        double p99Millis,
        double maxMillis,
        double jitterMillis,
        int lost,
        Optional<LatencyCurve> curve) {

    /**
     * @param times in nanoseconds, or {@link EchoProbe#LOST}
     * @throws IOException where none was answered
     */
    static RoundTrips of(long[] times) throws IOException {
        long[] answered =
                Arrays.stream(times).filter(nanos -> nanos != EchoProbe.LOST).toArray();
        if (answered.length == 0) {
            throw new IOException("none of " + times.length + " probes was answered");
        }
        long[] sorted = answered.clone();
        Arrays.sort(sorted);
        return new RoundTrips(
                Arrays.stream(answered).average().orElseThrow() / 1e6,
                sorted[sorted.length / 2] / 1e6,
                sorted[sorted.length * 99 / 100] / 1e6,
                sorted[sorted.length - 1] / 1e6,
                jitterNanos(answered) / 1e6,
                times.length - answered.length,
                LatencyCurve.of(answered));
    }

    /** The mean difference from one round trip to the next, up or down (RFC 3393); 0 of a single one. */
    static double jitterNanos(long[] times) {
        return IntStream.range(1, times.length)
                .mapToLong(number -> Math.abs(times[number] - times[number - 1]))
                .average()
                .orElse(0);
    }

    /** How many times the average the longest took; 1 where all are alike. */
    double spikeRatio() {
        return maxMillis / averageMillis;
    }
}
