/**
 * The raw lane against the kernel that it must never contradict: a TCP endpoint of the test's own sends any segment to a real socket
 * with a real capture beside it.
 *
 * <pre>
 *   RawServer (handshake, numbers, crafted segments) ──► WireTun ──► kernel TCP ──► LiveLane: ReceivePath, by hand
 *                                                           └──► CaptureRing ──┘    or BridgeUnderTest: the whole bridge
 * </pre>
 */
@NullMarked
package dev.tunbridge.sim.rawlane;

import org.jspecify.annotations.NullMarked;
