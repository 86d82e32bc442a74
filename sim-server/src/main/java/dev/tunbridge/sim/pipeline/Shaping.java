package dev.tunbridge.sim.pipeline;

/** What stands in front of the device's ring. */
public enum Shaping {
    /** The kernel's default: the driver drops what its ring has no room for. */
    NONE("as Linux has it"),
    /**
     * A token bucket at nine tenths of the reader's rate, so that the reader catches up after each pause: what waits in
     * the bucket counts against its sender's socket, and the sender blocks.
     */
    TOKEN_BUCKET("tbf at 0.9 of it");

    private final String words;

    Shaping(String words) {
        this.words = words;
    }

    public String words() {
        return words;
    }
}
