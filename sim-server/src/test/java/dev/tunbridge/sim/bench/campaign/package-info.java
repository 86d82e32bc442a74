/** Tests of figures, of the campaigns that are made of them, and of what is told of those. */
@NullMarked
package dev.tunbridge.sim.bench.campaign;

import org.jspecify.annotations.NullMarked;
