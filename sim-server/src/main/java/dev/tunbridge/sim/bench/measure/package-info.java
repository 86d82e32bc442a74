/**
 * What is measured, whatever was played: the metrics, the {@link dev.tunbridge.sim.bench.measure.Measures} of one cell, the
 * timeline and the latencies that may come with them, and the spread of several. Nothing here knows a socket or a file.
 */
@NullMarked
package dev.tunbridge.sim.bench.measure;

import org.jspecify.annotations.NullMarked;
