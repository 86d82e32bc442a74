/**
 * What capture itself costs: how soon a captured segment is in our hands, and how much of a processor that takes, for
 * each way of capturing. A program plays the network on a TUN device; nothing else is measured with it.
 */
@NullMarked
package dev.tunbridge.sim.capture;

import org.jspecify.annotations.NullMarked;
