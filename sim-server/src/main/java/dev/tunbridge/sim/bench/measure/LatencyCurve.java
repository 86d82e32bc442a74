package dev.tunbridge.sim.bench.measure;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.DoubleStream;

/** Latencies of one cell at some percentiles: what the median and the maximum hide. */
public record LatencyCurve(List<Place> places) {
    private static final double[] PERCENTS = {0, 1, 5, 10, 25, 50, 75, 90, 95, 99, 99.9, 100};

    /**
     * One place on it.
     *
     * @param millis that so many percent do not exceed
     */
    public record Place(double percent, double millis) {}

    public LatencyCurve {
        places = List.copyOf(places);
    }

    /** Empty of nothing. */
    public static Optional<LatencyCurve> of(long... nanos) {
        if (nanos.length == 0) {
            return Optional.empty();
        }
        long[] sorted = nanos.clone();
        Arrays.sort(sorted);
        return Optional.of(new LatencyCurve(DoubleStream.of(PERCENTS)
                .mapToObj(percent -> {
                    int rank = (int) Math.ceil(percent / 100 * sorted.length);
                    return new Place(percent, sorted[Math.max(1, rank) - 1] / 1e6);
                })
                .toList()));
    }
}
