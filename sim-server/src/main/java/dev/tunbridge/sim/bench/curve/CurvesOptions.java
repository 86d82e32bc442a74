package dev.tunbridge.sim.bench.curve;

import dev.tunbridge.bridge.config.ConfigException;
import dev.tunbridge.sim.bench.peer.Peer;
import dev.tunbridge.sim.bench.plan.BenchOptions;
import java.util.List;
import java.util.Set;

/**
 * Which curves to draw, of whom, and over what.
 *
 * @param peers as {@link BenchOptions#peers}
 * @param ownSettings {@code key=value} of the bridge, for every {@code ours}
 * @param queueLengths of the TUN device, in packets
 * @param roundTripsMillis whole milliseconds there and back
 * @param runs of each place of a curve, for its median and quartiles
 * @param seconds of each load
 * @param limitSeconds for one cell; 0 for its length and a minute
 */
public record CurvesOptions(
        Set<Curve> curves,
        List<String> peers,
        List<String> ownSettings,
        List<Integer> queueLengths,
        List<Integer> roundTripsMillis,
        int runs,
        long seed,
        int seconds,
        int limitSeconds) {
    private static final int MAX_ROUND_TRIP_MILLIS = 10_000;

    public CurvesOptions {
        curves = Set.copyOf(curves);
        peers = List.copyOf(peers);
        ownSettings = List.copyOf(ownSettings);
        queueLengths = queueLengths.stream().sorted().distinct().toList();
        roundTripsMillis = roundTripsMillis.stream().sorted().distinct().toList();
        requireWithin("--queue-length", queueLengths, 1, Peer.MAX_QUEUE_LENGTH);
        requireWithin("--round-trip", roundTripsMillis, 0, MAX_ROUND_TRIP_MILLIS);
    }

    private static void requireWithin(String option, List<Integer> values, int least, int most) {
        for (int value : values) {
            if (value < least || value > most) {
                throw new ConfigException(option, String.valueOf(value), least + " to " + most);
            }
        }
    }
}
