package dev.tunbridge.sim.demo;

import dev.tunbridge.reassembly.recovery.LaneState;
import java.util.List;
import java.util.Locale;

/**
 * One play of the whole demo.
 *
 * @param lane where the bridge's raw lane stood at its end: without the right to capture, on is as off
 * @param congestionControl of the bridge's end of the outer connection
 */
record Played(Mode mode, LaneState lane, String congestionControl, List<Measure> measures) {
    Played {
        measures = List.copyOf(measures);
    }

    /** The lane's state as people and programs read it. */
    String laneText() {
        return lane.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    boolean isIntact() {
        return measures.stream().allMatch(Measure::isIntact);
    }
}
