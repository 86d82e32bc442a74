package dev.tunbridge.bridge.relay;

/**
 * Where a channel stands, as both ends see it.
 *
 * <pre>
 *   OPENING ─► OPEN ─┬─ END from the server ─► SERVER_ENDED ──┐
 *      │        │    └─ END said ────────────► SERVICE_ENDED ─┴─ the other END ─► DRAINING ─ all taken ─► CLOSED
 *      └────────┴───────── reset of either end, refusal, loss of the connection, UDP: any close ─────────────►
 * </pre>
 */
public enum ChannelState {
    /** The service has not answered yet, or the server has not been told. */
    OPENING,
    OPEN,
    /** The server sends no more; the service still may. */
    SERVER_ENDED,
    /** The service sends no more, and the server knows; the server still may. */
    SERVICE_ENDED,
    /** Over for the server, whose number it was; the service has still to take the rest. */
    DRAINING,
    CLOSED
}
