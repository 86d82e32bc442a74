/** The library as an application links it: devices in memory, loopback outside, no root. */
@NullMarked
package dev.tunbridge.sim.library;

import org.jspecify.annotations.NullMarked;
