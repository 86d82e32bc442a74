/** Tests of attempts, and of short runs of the whole. */
@NullMarked
package dev.tunbridge.sim.bench;

import org.jspecify.annotations.NullMarked;
