/**
 * What is told of the cells that were played: as a table, as JSON and as a page with charts, beside an earlier run or not.
 * Everything starts from a {@link dev.tunbridge.sim.bench.report.BenchReport}; nothing is played or measured here.
 */
@NullMarked
package dev.tunbridge.sim.bench.report;

import org.jspecify.annotations.NullMarked;
