package dev.tunbridge.bridge.relay;

import io.netty.buffer.ByteBuf;

/**
 * One connection to a local service. None of these calls may call the relay back from within. Of a connection that was reset or closed, or has
 * failed, the relay wants to hear no more, and no further call comes.
 */
public interface Service {
    /**
     * Sends on: bytes behind those that came before, or one datagram. What the socket does not take at once is copied and waits in the
     * connection, joined to what waits already; it is never more than the credit of the channel. For TCP {@link Relay#taken} tells what has left: acknowledged by the
     * service's TCP ({@code SIOCOUTQ}), and not just accepted by our own socket.
     *
     * @param buffer the caller's, valid during the call
     * @return false: the socket has not taken the datagram, which is lost
     */
    boolean write(ByteBuf buffer, int index, int length);

    /** The client sends no more: a FIN behind all that was written. */
    void endOutput();

    /** Reads from now on, at most {@link Relay#readableBytes} at a time. A new connection does not read. */
    void startReading();

    /**
     * Reads no more for now, so that the service's own TCP is held up. An end that nothing unread stands in front of is told all the same, since
     * the server needs no credit for it.
     */
    void stopReading();

    /** Ends it with an RST, and forgets what was not taken yet. */
    void reset();

    /** Closes it in order: both ends have ended and everything is taken, or it is over for UDP. What has not even reached the socket makes it a reset. */
    void close();
}
