package dev.tunbridge.protocol.frame;

import io.netty.buffer.ByteBuf;

/** Changes the payload of a frame that is written, before its length and its check are worked out. */
@FunctionalInterface
public interface PayloadMapping {
    /**
     * Changes the bytes from the index to the writer index, and may move that. What lies before the index stays.
     *
     * @param type of the frame
     */
    void toWire(int type, ByteBuf frame, int payloadIndex);
}
