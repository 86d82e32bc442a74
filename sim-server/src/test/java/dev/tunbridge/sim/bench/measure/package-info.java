/** Tests of the arithmetic behind every figure. */
@NullMarked
package dev.tunbridge.sim.bench.measure;

import org.jspecify.annotations.NullMarked;
