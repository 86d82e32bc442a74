/**
 * The path to the server, measured and followed: what the outer connection is seen to do decides how local TCP is told to
 * behave, how fast the device may be filled, and what the outer socket is given ({@link
 * dev.tunbridge.bridge.path.PathTuner}).
 *
 * <pre>
 *   PathSample ► ShaperPolicy ► Shaper (token bucket on the device, by netlink)
 *              ► RoutePlan (RoutePolicy) ► net.RouteTuning (metrics of the device's routes)
 *   before connecting: SocketTuning, net.ServerRoute (host route to the server)
 * </pre>
 *
 * The policies have no clock and touch nothing; what is told to the kernel goes through the room {@code net}.
 */
@NullMarked
package dev.tunbridge.bridge.path;

import org.jspecify.annotations.NullMarked;
