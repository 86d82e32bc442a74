/**
 * The benchmark: the same load through the bare link, through the tunnels that people would use instead, and through
 * ours, in turn and on the same link, so that every figure is a ratio to a peer's of the same minute.
 *
 * <p>A {@link dev.tunbridge.sim.bench.Bench} plays cells. A cell is one {@link dev.tunbridge.sim.bench.Workload} through
 * one {@link dev.tunbridge.sim.bench.Peer} over one link, in a lab of its own; repetitions go round the peers, and each
 * repetition has its seed.
 */
@NullMarked
package dev.tunbridge.sim.bench;

import org.jspecify.annotations.NullMarked;
