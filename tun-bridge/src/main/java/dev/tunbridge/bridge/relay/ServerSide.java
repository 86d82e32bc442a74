package dev.tunbridge.bridge.relay;

import io.netty.buffer.ByteBuf;

/** The way to the server. None of these calls may call the relay back from within. */
public interface ServerSide {
    /** {@link Relay#poll} has something to say; ask it as soon as it can be sent, and before the queue. */
    void wake();

    /**
     * Puts one frame's bytes, or one datagram, into the queue, behind those of the same channel. When they leave it the relay hears of
     * it by {@link Relay#left}. Of TCP nothing may be dropped.
     *
     * @param buffer the caller's, valid during the call
     */
    void data(Channel channel, ByteBuf buffer, int index, int length);

    /** The channel is over: what waits of it in the queue is thrown away, and the relay wants to hear no more of it. */
    void discard(Channel channel);
}
