package dev.tunbridge.bridge.simulation;

/** What is broken on purpose, to see that the judge finds out. */
enum Mutation {
    NONE,
    /** The kernel lane delivers what went early once more. */
    FORGETS_WHAT_WENT_EARLY,
    /** A packet is written twice. */
    REPEATS_A_PACKET,
    /** A packet is not written. */
    LOSES_A_PACKET,
    /** A bit of a packet turns over. */
    ALTERS_A_PACKET,
    /** Nothing is recovered. */
    SLEEPS,
    /** The application hears of a message twice. */
    REPEATS_A_MESSAGE,
    /** A capture brings other bytes than the kernel, with a right checksum. */
    IS_DECEIVED
}
