/**
 * What the kernel must know of a tunnel: the device's address and MTU, its routes, and the rule that brings answers back
 * ({@link dev.tunbridge.bridge.net.TunNetwork}); and what makes it work well, adapted to the outer connection while it runs
 * ({@link dev.tunbridge.bridge.net.PathTuner}).
 *
 * <pre>
 *   PathSample ► ShaperPolicy ► Shaper (token bucket on the device, by netlink)
 *              ► RoutePlan (RoutePolicy) ► RouteTuning (metrics of the device's routes, by ip)
 *   before connecting: SocketTuning, ServerRoute (host route to the server, by ip)
 * </pre>
 *
 * The policies have no clock and touch nothing. What is set is found again after a kill: by a protocol number, a metric
 * and a handle of our own.
 */
@NullMarked
package dev.tunbridge.bridge.net;

import org.jspecify.annotations.NullMarked;
