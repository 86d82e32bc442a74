/**
 * The impaired link: two network namespaces joined by a line with delay, a rate, a queue and every way of losing a
 * packet. The model (profile, settings, {@link dev.tunbridge.sim.link.ImpairedDirection}) knows neither clock nor
 * device and runs in virtual time; the runner moves real Ethernet frames between two TAP devices through it.
 */
@NullMarked
package dev.tunbridge.sim.link;

import org.jspecify.annotations.NullMarked;
