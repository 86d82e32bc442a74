/**
 * The host's network, so far as a tunnel needs it: the device's address, MTU and routes, the rule that brings answers back
 * ({@link dev.tunbridge.bridge.net.TunNetwork}), the way to the server past the tunnel, and what happens to all of them.
 *
 * <p>What is set is found again after a kill: by a protocol number, a metric and a handle of our own.
 */
@NullMarked
package dev.tunbridge.bridge.net;

import org.jspecify.annotations.NullMarked;
