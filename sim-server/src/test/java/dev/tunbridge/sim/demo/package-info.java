/** Tests of what the demo says. */
@NullMarked
package dev.tunbridge.sim.demo;

import org.jspecify.annotations.NullMarked;
