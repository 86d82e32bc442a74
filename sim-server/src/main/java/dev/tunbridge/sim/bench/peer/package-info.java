/**
 * What a cell is played through. A {@link dev.tunbridge.sim.bench.peer.Peer} starts its two ends at a {@link
 * dev.tunbridge.sim.bench.peer.Site}; what runs then is a {@link dev.tunbridge.sim.bench.peer.Tunnel}, which knows its
 * processes and what they cost, and not what is played.
 */
@NullMarked
package dev.tunbridge.sim.bench.peer;

import org.jspecify.annotations.NullMarked;
