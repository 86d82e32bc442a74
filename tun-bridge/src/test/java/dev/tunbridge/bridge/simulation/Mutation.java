package dev.tunbridge.bridge.simulation;

/** What is broken on purpose, to see that the judge finds out. */
enum Mutation {
    NONE(""),
    /** The kernel lane delivers what went early once more. */
    FORGETS_WHAT_WENT_EARLY("a second copy of"),
    /** A packet is written twice. */
    REPEATS_A_PACKET("a second copy of"),
    /** A packet is not written. */
    LOSES_A_PACKET("did not come out at the device"),
    /** A bit of a packet turns over. */
    ALTERS_A_PACKET("none that was sent"),
    /** Nothing is recovered. */
    SLEEPS("it did not go early"),
    /** The application hears of a message twice. */
    REPEATS_A_MESSAGE("the message due was"),
    /** The capture brings other bytes than the kernel, with right checksums. */
    IS_DECEIVED("none that was sent");

    private final String complaint;

    Mutation(String complaint) {
        this.complaint = complaint;
    }

    /** What the judge says of it. */
    String complaint() {
        return complaint;
    }
}
