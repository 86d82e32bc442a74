package dev.tunbridge.bridge.tun;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import java.io.IOException;

/**
 * A virtual interface that takes and gives whole IP packets. It belongs to one event loop: after {@link #open} every method is
 * called on that loop's thread, and so is the handler.
 */
public interface TunDevice extends AutoCloseable {
    /** The interface's name, as the kernel gave it. */
    String name();

    /** Starts reading. Called once, from any thread; packets may arrive before it returns. */
    void open(EventLoop loop, TunHandler handler) throws IOException;

    boolean isOpen();

    /** Whether senders stop where the device is full, instead of losing packets in silence. */
    default boolean hasBackpressure() {
        return false;
    }

    /**
     * Queues one whole IP packet with finished checksums. The device neither copies nor retains it: the bytes must stay
     * unchanged, and the buffer alive, until {@link #flush} returns. What the kernel has no room for is dropped and
     * counted, as on any interface.
     */
    void write(ByteBuf packet, int index, int length);

    /**
     * Queues one whole IP packet given in two parts. The header, at most {@link #MAX_HEADER_BYTES} long, is copied at
     * once; the body follows the rule of {@link #write(ByteBuf, int, int)}. The header need not end where the IP header
     * does, but contains it.
     */
    void write(ByteBuf header, int headerIndex, int headerLength, ByteBuf body, int bodyIndex, int bodyLength);

    /** Hands everything queued to the kernel. */
    void flush();

    /** Leaves packets in the kernel's queue, which drops what it cannot hold. */
    void pauseReading();

    void resumeReading();

    /** Counters since the device was opened. */
    TunStats stats();

    /** Removes the interface. Queued packets are dropped; the handler hears nothing more. */
    @Override
    void close();

    /** Room for an IPv6 header, a full TCP header and then some. */
    int MAX_HEADER_BYTES = 128;
}
