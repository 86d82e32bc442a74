/**
 * What a tunnel does to its packets, measured from outside of it: how long a datagram was held back after all its bytes had
 * reached the device's host (the wait after the wire), and which bytes of TCP it has carried twice.
 *
 * <p>A {@link dev.tunbridge.sim.wire.WireWatch} captures at both ends of that wait: the outer connection on its
 * interface, and the tunnel's own device, from where the kernel puts a datagram straight into its socket. Both stamps are
 * the kernel's, so neither the load's threads nor the watch's own can add to a wait. A {@link
 * dev.tunbridge.sim.wire.WireRecord} puts the outer stream together and finds the datagrams in it.
 *
 * <p>A {@link dev.tunbridge.sim.wire.CarriedWatch} captures where a tunnel comes out, and counts in {@link
 * dev.tunbridge.sim.wire.CarriedBytes} what of each flow came out again.
 */
@NullMarked
package dev.tunbridge.sim.wire;

import org.jspecify.annotations.NullMarked;
