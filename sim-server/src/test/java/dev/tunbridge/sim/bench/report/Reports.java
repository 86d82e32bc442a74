package dev.tunbridge.sim.bench.report;

import dev.tunbridge.sim.bench.plan.BenchOptions;
import dev.tunbridge.sim.bench.plan.BenchPlan;
import dev.tunbridge.sim.bench.plan.Cell;
import dev.tunbridge.sim.link.LinkSettingException;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.Function;

/** Reports whose cells nobody has played. */
public final class Reports {
    private Reports() {}

    public static BenchReport of(
            List<String> peers,
            List<String> profiles,
            List<String> workloads,
            int runs,
            Function<Cell, Cell.Outcome> outcome)
            throws LinkSettingException {
        BenchPlan plan = BenchPlan.of(new BenchOptions(
                peers, profiles, workloads, List.of(), List.of(), runs, 1, 0, OptionalInt.empty(), 0, ""));
        List<Cell.Outcome> outcomes =
                plan.cells(plan.peers()).stream().map(outcome).toList();
        return new BenchReport(plan, outcomes, Map.of());
    }
}
