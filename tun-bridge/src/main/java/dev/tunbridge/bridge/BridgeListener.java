package dev.tunbridge.bridge;

/**
 * Hears what happens to a bridge. Called on the tunnel's event loop: return soon, never block, and hand long work to
 * another thread. What a listener throws is logged and otherwise ignored. Where the caller has shut its event loop down
 * before the bridge, the end is told by another thread.
 */
public interface BridgeListener {

    /** The state changed; {@code detail} says why in words, for a log or a person. */
    default void onState(BridgeState state, String detail) {}

    /** A session was established, for the first time or after a reconnect. */
    default void onEstablished(TunnelInfo tunnel) {}

    /** An application message came from the server; the array is the listener's own. */
    default void onApp(int topic, byte[] payload) {}
}
