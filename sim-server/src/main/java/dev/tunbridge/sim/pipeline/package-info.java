/**
 * A TUN device by itself: somebody who sends into it as fast as it goes, somebody who reads at a chosen rate, and
 * nothing behind. What is lost is lost between these two, at the device's queue.
 */
@NullMarked
package dev.tunbridge.sim.pipeline;

import org.jspecify.annotations.NullMarked;
