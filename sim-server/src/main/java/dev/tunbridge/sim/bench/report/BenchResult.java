package dev.tunbridge.sim.bench.report;

/** What was found. */
public interface BenchResult {
    /** For people. */
    String table();

    /** For machines: one object with the same, and every single cell. */
    String json();

    /** Whether all was measured, and what had to be reached was reached. */
    boolean isSuccess();
}
