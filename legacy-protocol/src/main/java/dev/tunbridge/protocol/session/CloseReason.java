package dev.tunbridge.protocol.session;

/** Why a session ended. */
public enum CloseReason {
    /** The peer said goodbye. */
    BYE,
    /** This end said goodbye. */
    LOCAL,
    /** No hello came in time. */
    HELLO_TIMEOUT,
    /** Neither welcome nor reject came in time. */
    WELCOME_TIMEOUT,
    /** Nothing was heard for too long. */
    PEER_DEAD,
    /** The peer sent what the protocol forbids. */
    PROTOCOL_VIOLATION,
    /** The server refused the hello. */
    REFUSED
}
