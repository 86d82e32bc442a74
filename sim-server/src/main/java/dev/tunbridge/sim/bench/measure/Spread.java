package dev.tunbridge.sim.bench.measure;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The same figure of several repetitions.
 *
 * @param median the mean of the middle two where their number is even
 */
public record Spread(double median, double least, double most, int count) {

    /** Empty where nothing was measured. */
    public static Optional<Spread> of(double... values) {
        if (values.length == 0) {
            return Optional.empty();
        }
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        double median = sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return Optional.of(new Spread(median, sorted[0], sorted[sorted.length - 1], sorted.length));
    }

    /**
     * The spread of the ratios pair by pair: of two peers in the same repetition, never of their medians. A repetition
     * that either of them lacks, or whose reference is zero, has no ratio.
     *
     * @param values by repetition
     * @param reference by repetition
     */
    public static Optional<Spread> ofRatios(Map<Integer, Double> values, Map<Integer, Double> reference) {
        double[] ratios = new TreeMap<>(values)
                .entrySet().stream()
                        .filter(entry -> reference.getOrDefault(entry.getKey(), 0.0) != 0)
                        .mapToDouble(entry -> entry.getValue() / reference.getOrDefault(entry.getKey(), 0.0))
                        .toArray();
        return of(ratios);
    }
}
