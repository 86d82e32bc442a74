package dev.tunbridge.protocol.session;

/** Why a session ended. */
public enum CloseReason {
    /** The peer said goodbye. */
    BYE,
    /** This end said goodbye. */
    LOCAL,
    /** What the login waits for did not come in time. */
    LOGIN_TIMEOUT,
    /** Nothing was heard for too long. */
    PEER_DEAD,
    /** The peer sent what the protocol forbids. */
    PROTOCOL_VIOLATION,
    /** The server refused the device. */
    REFUSED
}
