package dev.tunbridge.bridge.relay;

import dev.tunbridge.protocol.message.Message;

/** Hears what becomes of channels. None of these calls may call the relay back from within. */
public interface ChannelEvents {
    /** Nobody hears. */
    ChannelEvents NONE = new ChannelEvents() {};

    /** The server is told that it is open. */
    default void onOpened(Channel channel) {}

    /** It never was; or it is the open of a number that cannot be opened. */
    default void onRefused(Message.Open asked, OpenRefusal reason) {}

    /** It was open, and is over in both directions. */
    default void onClosed(Channel channel) {}
}
