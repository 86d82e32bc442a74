/** The rules of the whole: which room may know which. */
@NullMarked
package dev.tunbridge.sim.architecture;

import org.jspecify.annotations.NullMarked;
