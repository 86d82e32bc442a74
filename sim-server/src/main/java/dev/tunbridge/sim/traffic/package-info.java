/**
 * Real traffic through real sockets, checksummed end to end: an HTTP service, transfers in both directions and timed
 * datagrams. Every socket lives in the network namespace of the thread that opens it.
 */
@NullMarked
package dev.tunbridge.sim.traffic;

import org.jspecify.annotations.NullMarked;
