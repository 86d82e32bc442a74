/** Tests of the package of the same name. */
@NullMarked
package dev.tunbridge.sim.pipeline;

import org.jspecify.annotations.NullMarked;
