package dev.tunbridge.bridge.relay;

/** What is broken on purpose between the relay and the world, to see that the simulation finds out. */
enum RelayMutation {
    NONE(""),
    /** A service gets what came once more. */
    WRITES_TWICE("the service of"),
    /** A frame does not reach its service. */
    LOSES_A_WRITE("the service of"),
    /** A service does not hear that the client sends no more. */
    FORGETS_AN_END("has not come to an end"),
    /** A service does not hear that its channel was reset. */
    FORGETS_A_RESET("has not come to an end"),
    /** The server gets twice the credit that it was given. */
    GRANTS_TWICE("takes an honest server"),
    /** The server does not get its credit. */
    LOSES_CREDIT("has not come to an end"),
    /** The server does not hear how a channel ended. */
    LOSES_A_CLOSE("has not come to an end"),
    /** A datagram that went past a hole is given once more by the stream. */
    FORGETS_WHAT_WENT_EARLY("twice"),
    /** What a service has taken is told twice. */
    TAKES_TWICE("allowed"),
    /** A frame of a channel goes up before those that came before it. */
    OVERTAKES("a wrong byte");

    private final String complaint;

    RelayMutation(String complaint) {
        this.complaint = complaint;
    }

    /** What the simulation says of it. */
    String complaint() {
        return complaint;
    }
}
