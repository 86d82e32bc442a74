/** Tests of the package of the same name. */
@NullMarked
package dev.tunbridge.sim.plot;

import org.jspecify.annotations.NullMarked;
