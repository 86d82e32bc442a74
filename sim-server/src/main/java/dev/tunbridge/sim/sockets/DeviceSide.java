package dev.tunbridge.sim.sockets;

import dev.tunbridge.protocol.message.Message;
import io.netty.buffer.ByteBuf;

/** The session with the device, as its channels need it. Each call may find the session ended, and then does nothing. Loop thread only. */
public interface DeviceSide {
    /** Frames the message, to leave with {@link #flush} at the latest. */
    void say(Message message);

    /**
     * The same for bytes of a channel, or one datagram.
     *
     * @param length at most {@link #maxDataBytes}
     */
    void data(int channel, ByteBuf buffer, int index, int length);

    /** The most bytes of a channel that fit a frame. */
    int maxDataBytes();

    /** Whether the kernel has taken everything, or nearly: more may come. */
    boolean hasRoom();

    /** The end of a turn: nothing is kept back for the next. */
    void flush();
}
