package dev.tunbridge.bridge.receive;

import io.netty.buffer.ByteBuf;

/** Takes the bytes of channels. Loop thread only. */
public interface ChannelSink {
    /** In the order of the stream; bytes are valid during the call. */
    void data(int channel, ByteBuf buffer, int index, int length, long nowNanos);

    /** From beyond a hole; true: taken, and the frame must not come again by {@link #data}. */
    boolean early(int channel, ByteBuf buffer, int index, int length, long nowNanos);

    /** Hands what has come to the services. */
    void flush();
}
