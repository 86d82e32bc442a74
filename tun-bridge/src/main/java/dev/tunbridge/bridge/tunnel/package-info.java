/**
 * One tunnel on one event loop: the outer connection, its session, and the two paths through it.
 *
 * <pre>
 *   server ──► OuterConnection ► KernelLane (frames, in order) ► Downlink (filter, flows, IP header) ► TunDevice
 *   server ◄── OuterConnection ◄ FrameWriter ◄ EgressQueue ◄──── Uplink (filter, flows) ◄──────────── TunDevice
 * </pre>
 *
 * {@link dev.tunbridge.bridge.tunnel.Tunnel} holds them together: it connects, logs in, sets the device up with what the
 * welcome says, keeps the session alive and starts again when the connection is lost. Everything here runs on the
 * loop's thread, except name resolution and address set-up, which block and so have a thread of their own.
 */
@NullMarked
package dev.tunbridge.bridge.tunnel;

import org.jspecify.annotations.NullMarked;
