package dev.tunbridge.protocol.message;

import io.netty.buffer.ByteBuf;

/**
 * Changes payloads between what the description lays out and what is on the wire, where no description can say how: a cipher, a
 * compression. One for each connection; one thread.
 *
 * <p>A payload is what a frame holds behind its header and in front of its check: those are worked out over what is on the wire. The
 * buffer is the bridge's, is valid during the call, and may be replaced by none of its own.
 */
public interface MessageMapper extends AutoCloseable {
    /**
     * Whether payloads of this type are changed at all, always answered alike; the others pass as they are.
     *
     * @param type as the frame has it
     */
    boolean maps(int type);

    /**
     * To the wire: changes the bytes from the index to the writer index in their place, and may move the writer index, behind by no more
     * than {@link dev.tunbridge.protocol.plugin.MessageMapperFactory#mostGrowthBytes}. What lies before the index stays.
     */
    void toWire(int type, ByteBuf buffer, int index);

    /**
     * From the wire, likewise. Behind a hole of the stream bytes are tried that may be no frame of the other end's.
     *
     * @throws MalformedMessageException if it is nothing that the other end's {@link #toWire} makes; the frame is counted and passed over
     */
    void fromWire(int type, ByteBuf buffer, int index) throws MalformedMessageException;

    /**
     * Whether each payload can be read by itself, any number of times and in any order, by {@link #fromWire}. Where one hangs on those
     * before it, no packet goes past a hole of the stream.
     */
    boolean isStateless();

    /** The connection has ended. */
    @Override
    default void close() {}
}
