/**
 * Virtual sockets: for each channel that the server opens a real connection to a service of this host, with credit as flow control.
 *
 * <pre>
 *   server ─ open, data, credit, close ─► Relay ─► Service: connect, write, endOutput, reset      ─► local service
 *   server ◄ opened, credit, close ── poll() ─┤
 *   server ◄ data ── queue ◄ ServerSide.data ─┴── read(), taken(), ended(), failed() ◄──────────────
 * </pre>
 *
 * The core alone: {@link dev.tunbridge.bridge.relay.Relay} decides, and whoever has the sockets, the queue and the clock carries out. No
 * sockets, no clock; one thread.
 */
@NullMarked
package dev.tunbridge.bridge.relay;

import org.jspecify.annotations.NullMarked;
