/** Curves: the same bench again and again with one thing turned up from step to step, drawn; and one bench over time. */
@NullMarked
package dev.tunbridge.sim.bench.curve;

import org.jspecify.annotations.NullMarked;
