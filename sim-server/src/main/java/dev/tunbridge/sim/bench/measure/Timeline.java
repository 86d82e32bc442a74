package dev.tunbridge.sim.bench.measure;

import java.util.List;

/**
 * A load as time goes by.
 *
 * @param bins what has arrived
 * @param moments in order of time, on the clock of the bins; none where the connections were not looked at
 */
public record Timeline(StallBins bins, List<Moment> moments) {

    /**
     * One look at the sending host.
     *
     * @param nanos when, by {@link System#nanoTime}
     * @param inner the load's own connections
     * @param outer those of the tunnel that carries them; none on the bare link
     */
    public record Moment(long nanos, ConnectionSample inner, ConnectionSample outer) {}

    public Timeline {
        moments = List.copyOf(moments);
    }

    public double seconds(Moment moment) {
        return (moment.nanos - bins.startNanos()) / 1e9;
    }
}
