/** Tests of what becomes of options, and of the time that it takes. */
@NullMarked
package dev.tunbridge.sim.bench.plan;

import org.jspecify.annotations.NullMarked;
