/**
 * The way of the outer stream's bytes to the device, without sockets or clock.
 *
 * <pre>
 *   kernel's bytes ──► KernelLane: frames, in order ─────────────┐   ┌► messages (kernel lane only)
 *                          ▲ gone already?                       ├───┤
 *   captured segments ► RawLane: frames beyond a hole ► EarlyDelivery └► Downlink: filter, flows, IP header ► TunDevice
 * </pre>
 *
 * {@link dev.tunbridge.bridge.receive.ReceivePath} holds both lanes together. The live connection, the replay of a
 * capture file and the deterministic simulation all run this same code.
 */
@NullMarked
package dev.tunbridge.bridge.receive;

import org.jspecify.annotations.NullMarked;
