package dev.tunbridge.sim.bench;

/** What was found. */
public sealed interface BenchResult permits BenchReport, CampaignReport, CurvesReport {
    /** For people. */
    String table();

    /** For machines: one object with the same, and every single cell. */
    String json();

    /** Whether all was measured, and what had to be reached was reached. */
    boolean isSuccess();
}
