package dev.tunbridge.bridge.replay;

/** Seeds of the generators: new ones in every run, or the one that a failure printed. */
final class Seeds {
    private Seeds() {}

    /** {@code -Dtunbridge.seed=N} repeats a run. */
    static long next() {
        return Long.getLong("tunbridge.seed", System.nanoTime());
    }
}
