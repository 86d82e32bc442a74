package dev.tunbridge.sim.demo;

import java.util.List;

/** One play of the whole demo. */
record Played(Mode mode, List<Measure> measures) {
    Played {
        measures = List.copyOf(measures);
    }

    boolean isIntact() {
        return measures.stream().allMatch(Measure::isIntact);
    }
}
