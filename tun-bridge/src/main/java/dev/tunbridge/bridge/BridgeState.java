package dev.tunbridge.bridge;

/** Where a bridge stands. */
public enum BridgeState {
    /** Built, not started. */
    NEW,
    /** Opening the device, resolving the name, connecting or logging in. */
    CONNECTING,
    /** Traffic passes. */
    ESTABLISHED,
    /** The outer connection was lost; the device stays up until the next try. */
    WAITING,
    /** Ended in order. */
    CLOSED,
    /** Ended by something that no new try would mend: refused by the server, the device taken away. */
    FAILED
}
