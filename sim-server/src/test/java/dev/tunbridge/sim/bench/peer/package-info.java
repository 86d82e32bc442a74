/** Tests of how peers are typed, and of each tunnel of others where it is installed. */
@NullMarked
package dev.tunbridge.sim.bench.peer;

import org.jspecify.annotations.NullMarked;
