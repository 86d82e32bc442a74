/**
 * One tunnel on one event loop: the outer connection, its session, and the two paths through it.
 *
 * <pre>
 *   server ──► OuterConnection ► KernelLane (frames, in order) ► Downlink (filter, flows, IP header) ► TunDevice
 *   server ◄── OuterConnection ◄ FrameWriter ◄ EgressQueue ◄──── Uplink (filter, flows) ◄──────────── TunDevice
 * </pre>
 *
 * {@link dev.tunbridge.bridge.tunnel.Tunnel} holds the parts together, and knows in which state they are: {@code Connector} reaches the
 * server, {@code Conversation} is one connection and what is said on it, {@code DeviceNetwork} what the host's kernel knows of the device,
 * {@code ServerPath} the way to the server over all connections, {@code Traffic} the two paths and what they share. Everything here runs on
 * the loop's thread, except name resolution and address set-up, which block and so have a thread of their own.
 */
@NullMarked
package dev.tunbridge.bridge.tunnel;

import org.jspecify.annotations.NullMarked;
