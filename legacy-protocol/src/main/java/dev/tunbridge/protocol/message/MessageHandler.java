package dev.tunbridge.protocol.message;

import io.netty.buffer.ByteBuf;

/**
 * Takes messages. Traffic comes as places in the frame's buffer, valid during the call as far as the buffer is; everything
 * else as a record.
 */
public interface MessageHandler {
    /** Any message that none of the other methods takes. */
    void onMessage(Message message);

    /** A whole IP packet, unchecked. */
    void onPacket(ByteBuf buffer, int index, int length);

    /**
     * A TCP segment or UDP datagram, unchecked.
     *
     * @param addressBytes 4 or 16, the size of each of the two addresses
     */
    void onSegment(
            int ipProtocol,
            ByteBuf buffer,
            int clientAddressIndex,
            int deviceAddressIndex,
            int addressBytes,
            int segmentIndex,
            int segmentLength);

    /** Bytes of a virtual socket. */
    void onData(int channel, ByteBuf buffer, int index, int length);

    /** A frame of a known type whose payload is no such message. It is to be counted and skipped. */
    default void onMalformed(MalformedMessageException fault) {}

    /** A frame of a type that the format does not name. It is to be counted and skipped. */
    void onUnknownType(int type);
}
