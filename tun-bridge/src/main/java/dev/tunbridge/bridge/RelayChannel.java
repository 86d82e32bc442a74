package dev.tunbridge.bridge;

import java.util.concurrent.CompletionStage;

/** The application's end of one virtual socket: a byte stream, or datagrams. Any thread. */
public interface RelayChannel {

    ChannelInfo info();

    /**
     * Sends bytes to the client, behind those that were sent before; of UDP one datagram.
     *
     * @param bytes copied before this returns
     * @return completes when all of them are on their way to the server, so who waits for it is held up as the client is; fails with an
     *     {@link java.io.IOException} where the channel is over before. A datagram for which the client has no room is dropped and
     *     counted, and completes too.
     * @throws dev.tunbridge.bridge.queue.QueueFullException where more than {@code relay.channel-bytes} would wait; each that waits with others costs 64
     *     besides its content
     */
    CompletionStage<Void> send(byte[] bytes);

    /**
     * So many of the bytes that have come are done with, and the client may send as many more. Without it the client of a stream is held
     * up. For datagrams it means nothing.
     *
     * @throws IllegalArgumentException for more than have come and are not done with
     */
    void taken(int bytes);

    /** Sends no more: the client reads an end behind all that was sent. Of UDP the end of the channel. */
    void end();

    /** Ends both directions at once. What was sent and has not left is thrown away. */
    void reset();
}
