package dev.tunbridge.sim.bench;

import dev.tunbridge.sim.link.LinkProfile;
import java.util.List;

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

        /** Why attempts at it have failed, in order; nothing for a cell that was measured at once. */
        List<String> faults();
    }

    record Measured(Cell cell, Measures measures, List<String> faults) implements Outcome {
        Measured {
            faults = List.copyOf(faults);
        }

        /** At the first attempt. */
        Measured(Cell cell, Measures measures) {
            this(cell, measures, List.of());
        }
    }

    /** @param faults at least one */
    record Failed(Cell cell, List<String> faults) implements Outcome {
        Failed {
            faults = List.copyOf(faults);
        }

        /** All that went wrong, in one line. */
        String reason() {
            String attempts = faults.size() == 1 ? "" : " (" + faults.size() + " attempts)";
            List<String> distinct = faults.stream().distinct().toList();
            return String.join("; then ", distinct) + attempts;
        }
    }

    /** Not played: the load is nothing for this peer. */
    record Impossible(Cell cell, String reason) implements Outcome {
        @Override
        public List<String> faults() {
            return List.of();
        }
    }

    /** For progress and faults. */
    String title() {
        return titleOfAllRuns() + ", run " + (run + 1);
    }

    String titleOfAllRuns() {
        return profile.name() + ", " + workload.describe() + ", " + peer.name();
    }
}
