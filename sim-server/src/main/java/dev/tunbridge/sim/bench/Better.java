package dev.tunbridge.sim.bench;

/** Which way a metric improves. */
enum Better {
    MORE("→ more is better"),
    LESS("← less is better"),
    /** It tells what happened, and by itself is neither good nor bad. */
    NEITHER("");

    private final String words;

    Better(String words) {
        this.words = words;
    }

    /** For titles. */
    String words() {
        return words;
    }
}
