package dev.tunbridge.sim.pipeline;

/** What stands in front of the device's ring. */
public enum Shaping {
    /** The kernel's default: the driver drops what its ring has no room for. */
    NONE("as Linux has it"),
    /** A token bucket at the reader's rate: what waits in it counts against its sender's socket, and the sender blocks. */
    TOKEN_BUCKET("tbf at the reader's rate");

    private final String words;

    Shaping(String words) {
        this.words = words;
    }

    public String words() {
        return words;
    }
}
