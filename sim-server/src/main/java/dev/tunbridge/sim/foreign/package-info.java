/** Servers that were there before the bridge, unmodified, as Debian ships them; each tells how a bridge is its client. */
@org.jspecify.annotations.NullMarked
package dev.tunbridge.sim.foreign;
