package dev.tunbridge.sim.bench.report;

import dev.tunbridge.sim.bench.plan.Cell;
import java.util.List;
import java.util.Locale;

/**
 * How many of the cells that their peers can play have given a measurement.
 *
 * @param retried of those measured, how many at a later attempt than the first
 */
record SuccessRate(int planned, int measured, int retried) {

    static SuccessRate of(List<Cell.Outcome> outcomes) {
        List<Cell.Outcome> possible = outcomes.stream()
                .filter(outcome -> !(outcome instanceof Cell.Impossible))
                .toList();
        List<Cell.Outcome> measured =
                possible.stream().filter(Cell.Measured.class::isInstance).toList();
        long retried =
                measured.stream().filter(outcome -> !outcome.faults().isEmpty()).count();
        return new SuccessRate(possible.size(), measured.size(), (int) retried);
    }

    /** Of 100; nothing planned is all of it. */
    double percent() {
        return planned == 0 ? 100 : 100.0 * measured / planned;
    }

    /** As in {@code 17 of 18 (94.4 %), 1 of them at a later attempt}. */
    @Override
    public String toString() {
        return measured + " of " + planned + String.format(Locale.ROOT, " (%.1f %%)", percent())
                + (retried == 0 ? "" : ", " + retried + " of them at a later attempt");
    }
}
