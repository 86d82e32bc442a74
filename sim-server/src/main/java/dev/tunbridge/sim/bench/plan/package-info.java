/**
 * What there is to play: the options as they were typed, the {@link dev.tunbridge.sim.bench.plan.BenchPlan} that they
 * become once checked, its cells and how each may end, and how long all of it will take.
 */
@NullMarked
package dev.tunbridge.sim.bench.plan;

import org.jspecify.annotations.NullMarked;
