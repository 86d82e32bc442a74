/** Tests of what is told, of cells that nobody has played. */
@NullMarked
package dev.tunbridge.sim.bench.report;

import org.jspecify.annotations.NullMarked;
