/**
 * What waits for the outer connection: application messages first, then packets in classes and in turns of their flows, so that
 * what waits stays little and fair; all bounded.
 */
@NullMarked
package dev.tunbridge.bridge.queue;

import org.jspecify.annotations.NullMarked;
