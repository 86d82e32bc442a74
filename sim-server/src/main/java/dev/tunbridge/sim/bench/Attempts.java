package dev.tunbridge.sim.bench;

import dev.tunbridge.sim.bench.plan.Cell;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Plays a cell until it is measured or has been tried often enough. The link's seed stays: a later attempt is the same
 * cell, and still makes a pair with those of the other peers.
 *
 * @param retries after the first attempt
 */
record Attempts(int retries) {

    /** Plays once. */
    interface Play {
        Cell.Outcome once(Cell cell) throws IOException, InterruptedException;
    }

    /**
     * The last outcome, with the faults of all attempts.
     *
     * @param notes told before each further attempt why it is made
     */
    Cell.Outcome play(Cell cell, Play play, Consumer<String> notes) throws IOException, InterruptedException {
        List<String> faults = new ArrayList<>();
        while (true) {
            Cell.Outcome outcome = play.once(cell);
            faults.addAll(outcome.faults());
            if (outcome instanceof Cell.Measured measured) {
                return new Cell.Measured(cell, measured.measures(), faults);
            }
            if (outcome instanceof Cell.Impossible) {
                return outcome;
            }
            if (faults.size() > retries) {
                return new Cell.Failed(cell, faults);
            }
            notes.accept(cell.title() + ": tried again after: " + faults.get(faults.size() - 1));
        }
    }
}
