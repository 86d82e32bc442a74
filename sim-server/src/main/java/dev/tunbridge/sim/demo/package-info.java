/**
 * The demo: the whole bridge at work in two network namespaces, with real traffic, as plain TCP over TCP and with all
 * that the bridge does, in a minute.
 */
@NullMarked
package dev.tunbridge.sim.demo;

import org.jspecify.annotations.NullMarked;
