/** Tests of the benchmark's arithmetic, and of a short run of the whole. */
@NullMarked
package dev.tunbridge.sim.bench;

import org.jspecify.annotations.NullMarked;
