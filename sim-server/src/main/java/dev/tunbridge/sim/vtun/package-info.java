/** A server that was there before the bridge: vtun, as Debian ships it. */
@org.jspecify.annotations.NullMarked
package dev.tunbridge.sim.vtun;
