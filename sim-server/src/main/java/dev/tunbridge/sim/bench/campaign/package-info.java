/** Campaigns: benches that belong together, and the figures that each has to show, all of one promise. */
@NullMarked
package dev.tunbridge.sim.bench.campaign;

import org.jspecify.annotations.NullMarked;
