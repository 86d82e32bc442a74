/** The demo: the whole bridge at work in two network namespaces, with real traffic, without and with recovery, in less than a minute. */
@NullMarked
package dev.tunbridge.sim.demo;

import org.jspecify.annotations.NullMarked;
