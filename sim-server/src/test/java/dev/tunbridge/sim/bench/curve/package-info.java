/** Tests of curves, of few and short runs. */
@NullMarked
package dev.tunbridge.sim.bench.curve;

import org.jspecify.annotations.NullMarked;
