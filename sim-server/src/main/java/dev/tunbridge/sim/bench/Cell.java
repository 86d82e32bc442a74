package dev.tunbridge.sim.bench;

import dev.tunbridge.sim.link.LinkProfile;

/**
 * One workload through one peer over one link, once.
 *
 * @param run counts from zero
 * @param seed of the link's chances; the same for every peer of a repetition
 */
record Cell(LinkProfile profile, Workload workload, Peer peer, int run, long seed) {

    /** How a cell has ended. */
    sealed interface Outcome {
        Cell cell();
    }

    record Measured(Cell cell, Measures measures) implements Outcome {}

    record Failed(Cell cell, String reason) implements Outcome {}

    /** Not played: the load is nothing for this peer. */
    record Impossible(Cell cell, String reason) implements Outcome {}

    /** For progress and faults. */
    String title() {
        return titleOfAllRuns() + ", run " + (run + 1);
    }

    String titleOfAllRuns() {
        return profile.name() + ", " + workload.describe() + ", " + peer.name();
    }
}
