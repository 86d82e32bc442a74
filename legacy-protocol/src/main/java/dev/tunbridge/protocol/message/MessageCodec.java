package dev.tunbridge.protocol.message;

import dev.tunbridge.protocol.frame.FrameEncoder;
import dev.tunbridge.protocol.frame.FrameView;
import io.netty.buffer.ByteBuf;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Frames to messages and back, for one format. For one thread; reading and writing traffic allocates nothing. */
public interface MessageCodec extends AutoCloseable {
    /** An encoder for what this codec writes in one direction of its connection. */
    FrameEncoder newEncoder();

    /** Whether packets that were read lie in memory of the codec's own, and those that were peeked at only until the next peek. */
    default boolean isRewriting() {
        return false;
    }

    /** What was read is not needed any more. To be called now and then where {@link #isRewriting}, or it is kept for ever. */
    default void settled() {}

    /** Frees memory, and with it what was read. */
    @Override
    default void close() {}

    /**
     * Hands the message of a frame to the handler.
     *
     * @throws MalformedMessageException if the payload is no message of the frame's type
     */
    void read(FrameView frame, MessageHandler handler) throws MalformedMessageException;

    /**
     * The same for a frame that may be none, or not be the peer's: of it nothing is learnt, and no question in it is answered.
     *
     * @throws MalformedMessageException if the payload is no message of the frame's type
     */
    void peek(FrameView frame, MessageHandler handler) throws MalformedMessageException;

    /**
     * Reads a message that no frame holds from the readable bytes, and hands it to the handler.
     *
     * @param names of the messages that may come, which end alike; the first is the one that is due
     * @return false where it is not whole yet, and nothing was read
     * @throws MalformedMessageException if it is none of them
     */
    boolean readUnframed(List<String> names, ByteBuf in, MessageHandler handler) throws MalformedMessageException;

    /**
     * Appends the message as one frame, or without one where its layout says so.
     *
     * @throws IllegalArgumentException if the format has no such message, or a field does not fit the wire
     * @throws dev.tunbridge.protocol.frame.FrameTooLongException if it does not fit a frame; {@code out} is unchanged
     */
    void write(Message message, FrameEncoder encoder, ByteBuf out);

    /**
     * This end has its address from now on, which packets in Ethernet frames depend on.
     *
     * @return what to ask the peer, so that both know each other; empty where the protocol has no such link
     */
    Optional<Message> linkUp(InetAddress address, InetAddress peerAddress);

    /**
     * Begins a frame; the caller appends the IP packet to the buffer returned, and ends the frame.
     *
     * @param ipVersion of the packet, 4 or 6
     */
    ByteBuf beginPacket(FrameEncoder encoder, ByteBuf out, int ipVersion);

    /** Begins a frame; the caller appends the segment from its TCP or UDP header on, and ends the frame. */
    ByteBuf beginSegment(
            FrameEncoder encoder,
            ByteBuf out,
            int ipProtocol,
            ByteBuf addresses,
            int clientAddressIndex,
            int deviceAddressIndex,
            int addressBytes);

    /**
     * Begins a frame; the caller appends the bytes of the channel, one datagram for UDP, and ends the frame.
     *
     * @throws IllegalArgumentException if the format has no such message, or its layout no room for the channel's number; {@code out} is
     *     unchanged once the encoder is aborted
     */
    ByteBuf beginData(FrameEncoder encoder, ByteBuf out, int channel);

    /** Bytes on the wire around an IP packet, before escaping. */
    int packetOverheadBytes();

    /** Bytes on the wire around a segment, before escaping. */
    int segmentOverheadBytes(int addressBytes);

    /** Bytes on the wire around the bytes of a channel, before escaping. */
    int dataOverheadBytes();

    /** The carriages whose frames the format has types for. */
    Set<Carriage> carriages();

    /** The longest IP packet that fits a frame. */
    int maxPacketBytes();

    /** The longest content of an application message that fits a frame; 0 where there are none. */
    int maxAppBytes();

    /** The longest segment, from its TCP or UDP header on, that fits a frame. */
    int maxSegmentBytes(int addressBytes);

    /** The most bytes of a channel that fit a frame; 0 where there are no channels. */
    int maxDataBytes();
}
