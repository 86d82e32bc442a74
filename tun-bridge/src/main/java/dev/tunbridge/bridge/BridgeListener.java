package dev.tunbridge.bridge;

import dev.tunbridge.bridge.relay.OpenRefusal;

/**
 * Hears what happens to a bridge. Called on the tunnel's event loop: return soon, never block, and hand long work to
 * another thread. What a listener throws is logged and otherwise ignored. Where the caller has shut its event loop down
 * before the bridge, the end is told by another thread.
 */
public interface BridgeListener {

    /** The state changed; {@code detail} says why in words, for a log or a person. */
    default void onState(BridgeState state, String detail) {}

    /** What keeps the bridge from its server; the state becomes {@link BridgeState#WAITING} next. */
    default void onTrouble(Trouble trouble, String detail) {}

    /** A session was established, for the first time or after a reconnect. */
    default void onEstablished(TunnelInfo tunnel) {}

    /** An application message came from the server; the array is the listener's own. */
    default void onApp(int topic, byte[] payload) {}

    /** A virtual socket is open: its service, or the application itself, has accepted it. */
    default void onChannelOpened(ChannelInfo channel) {}

    /** A client was refused. */
    default void onChannelRefused(ChannelInfo channel, OpenRefusal reason) {}

    /**
     * A virtual socket that was open is over in both directions, also by a lost connection to the server.
     *
     * @param bytesDown from the client
     * @param bytesUp towards the client
     */
    default void onChannelClosed(ChannelInfo channel, long bytesDown, long bytesUp) {}
}
