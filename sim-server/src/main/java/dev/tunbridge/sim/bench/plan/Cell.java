package dev.tunbridge.sim.bench.plan;

import dev.tunbridge.sim.bench.load.Workload;
import dev.tunbridge.sim.bench.measure.Measures;
import dev.tunbridge.sim.bench.peer.Peer;
import dev.tunbridge.sim.link.LinkProfile;
import java.util.List;

/**
 * One workload through one peer over one link, once.
 *
 * @param run counts from zero
 * @param seed of the link's chances; the same for every peer of a repetition
 */
public record Cell(LinkProfile profile, Workload workload, Peer peer, int run, long seed) {

    /** How a cell has ended. */
    public sealed interface Outcome {
        Cell cell();

        /** Why attempts at it have failed, in order; nothing for a cell that was measured at once. */
        List<String> faults();
    }

    public record Measured(Cell cell, Measures measures, List<String> faults) implements Outcome {
        public Measured {
            faults = List.copyOf(faults);
        }

        /** At the first attempt. */
        public Measured(Cell cell, Measures measures) {
            this(cell, measures, List.of());
        }
    }

    /**
     * Not measured, however often it was tried.
     *
     * @param faults at least one
     */
    public record Failed(Cell cell, List<String> faults) implements Outcome {
        public Failed {
            faults = List.copyOf(faults);
        }

        /** All that went wrong, in one line. */
        public String reason() {
            String attempts = faults.size() == 1 ? "" : " (" + faults.size() + " attempts)";
            List<String> distinct = faults.stream().distinct().toList();
            return String.join("; then ", distinct) + attempts;
        }
    }

    /** Not played: the load is nothing for this peer. */
    public record Impossible(Cell cell, String reason) implements Outcome {
        @Override
        public List<String> faults() {
            return List.of();
        }
    }

    /** For progress and faults. */
    public String title() {
        return titleOfAllRuns() + ", run " + (run + 1);
    }

    public String titleOfAllRuns() {
        return profile.name() + ", " + workload.describe() + ", " + peer.name();
    }
}
