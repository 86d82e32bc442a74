/** Tests of the package of the same name. */
@NullMarked
package dev.tunbridge.sim.traffic;

import org.jspecify.annotations.NullMarked;
