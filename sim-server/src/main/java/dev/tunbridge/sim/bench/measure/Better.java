package dev.tunbridge.sim.bench.measure;

/** Which way a metric improves. */
public enum Better {
    MORE("→ more is better"),
    LESS("← less is better"),
    /** It tells what happened, and by itself is neither good nor bad. */
    NEITHER("");

    private final String words;

    Better(String words) {
        this.words = words;
    }

    /** For titles. */
    public String words() {
        return words;
    }
}
