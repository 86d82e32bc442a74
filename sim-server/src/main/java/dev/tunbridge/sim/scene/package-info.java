/**
 * The whole scene in one process: two network namespaces with a link between them, the simulated server and its clients
 * in one, the bridge and the device's services in the other. Demo, tests and benchmark play in it.
 */
@NullMarked
package dev.tunbridge.sim.scene;

import org.jspecify.annotations.NullMarked;
