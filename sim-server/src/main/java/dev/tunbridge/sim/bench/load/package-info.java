/**
 * What is played. A {@link dev.tunbridge.sim.bench.load.Workload} plays between the two ends of a tunnel, measures itself,
 * and says through which peers it cannot be played.
 */
@NullMarked
package dev.tunbridge.sim.bench.load;

import org.jspecify.annotations.NullMarked;
