/** The whole bridge over real TUN devices, real kernel TCP and real namespaces. */
@NullMarked
package dev.tunbridge.sim.e2e;

import org.jspecify.annotations.NullMarked;
