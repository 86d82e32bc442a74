/**
 * The benchmark: the same load through the bare link, through the tunnels that people would use instead, and through
 * ours, in turn and on the same link, so that every figure is a ratio to a peer's of the same minute.
 *
 * <p>A {@link dev.tunbridge.sim.bench.Bench} plays cells. A {@link dev.tunbridge.sim.bench.plan.Cell} is one {@link
 * dev.tunbridge.sim.bench.load.Workload} through one {@link dev.tunbridge.sim.bench.peer.Peer} over one link, in a lab of
 * its own; repetitions go round the peers, and each repetition has its seed.
 *
 * <p>This room plays. Each of the others uses only those to its left: {@code measure}, {@code peer}, {@code load}, {@code
 * plan}, {@code report}, this one, and beside each other {@code campaign} and {@code curve}, which play many a bench.
 */
@NullMarked
package dev.tunbridge.sim.bench;

import org.jspecify.annotations.NullMarked;
