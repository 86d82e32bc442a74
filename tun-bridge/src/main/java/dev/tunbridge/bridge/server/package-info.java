/**
 * What is known of a server, and what follows from it for the next connection: which of its addresses is tried first and
 * when ({@link dev.tunbridge.bridge.server.AddressOrder}, {@link dev.tunbridge.bridge.server.ConnectionRace}), whether its path eats packets
 * for their ECN marks ({@link dev.tunbridge.bridge.server.EcnWatch}) or for their size ({@link
 * dev.tunbridge.bridge.server.SegmentWatch}), and what of it is remembered for how long ({@link
 * dev.tunbridge.bridge.server.ServerMemory}).
 *
 * <pre>
 *   names ► AddressOrder ► ConnectionRace ► the connection
 *   ConnectionSample ► EcnWatch, SegmentWatch ► ServerMemory ► the next connection
 * </pre>
 *
 * Decisions only: no sockets, no threads, no clock; the loop's thread alone. What the room {@code path} measures changes from
 * one round trip to the next; what is known here outlives connections.
 */
@NullMarked
package dev.tunbridge.bridge.server;

import org.jspecify.annotations.NullMarked;
