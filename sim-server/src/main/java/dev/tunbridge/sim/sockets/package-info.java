/**
 * The clients of a server that tunnels no IP: their TCP and UDP ends here, on whatever port of the device's address, and each has a channel
 * to the device.
 *
 * <pre>
 *   client ── kernel ── Site: the device's address is local, and what goes to it belongs to transparent sockets
 *                         Clients: accepts connections, finds flows of datagrams, gives each a channel of the session
 *                           StreamChannel, DatagramChannel: between a client's socket and ...
 *                             Channels: numbers, credit and closes, as docs/virtual-sockets.md has them ── DeviceSide: the session
 * </pre>
 *
 * Everything happens on one event loop. {@link dev.tunbridge.sim.sockets.Misdeed} says how it may be told to break the rules.
 */
@NullMarked
package dev.tunbridge.sim.sockets;

import org.jspecify.annotations.NullMarked;
