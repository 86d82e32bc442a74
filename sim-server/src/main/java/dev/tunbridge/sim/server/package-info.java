/**
 * The third party's server, simulated: an ordinary program with an ordinary kernel TCP socket, a TUN device of its own
 * and no help of any kind for the bridge. Any client in its namespace reaches the device's services through it.
 */
@NullMarked
package dev.tunbridge.sim.server;

import org.jspecify.annotations.NullMarked;
