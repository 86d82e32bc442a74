/** Tests of how loads are typed, of what cannot be played through whom, and of the arithmetic of loads. */
@NullMarked
package dev.tunbridge.sim.bench.load;

import org.jspecify.annotations.NullMarked;
