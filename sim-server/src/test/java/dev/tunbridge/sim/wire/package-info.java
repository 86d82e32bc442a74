/** Tests of what is measured on the wire. */
@NullMarked
package dev.tunbridge.sim.wire;

import org.jspecify.annotations.NullMarked;
