package dev.tunbridge.bridge.relay;

import io.netty.buffer.ByteBuf;

/**
 * From the service to the server. Is read what the server has credit for and the queue has room for, and no more: what waits longer waits in
 * the service's own socket, and holds up nobody else.
 */
final class Upward {
    private final int channelBytes;
    private final int frameBytes;
    private final SharedBytes shared;
    private final RelayCounters counters;
    private final ServerSide server;

    /** @param frameBytes the most of a channel's bytes that a frame holds */
    Upward(RelayLimits limits, int frameBytes, SharedBytes shared, RelayCounters counters, ServerSide server) {
        channelBytes = limits.channelBytes();
        this.frameBytes = frameBytes;
        this.shared = shared;
        this.counters = counters;
        this.server = server;
    }

    /** What may be read of the service now. */
    int readableBytes(Channel channel) {
        if (channel.isClosed || !channel.isOpened || channel.hasServiceEnded) {
            return 0;
        }
        long room = Math.min(channelBytes, shared.mostBytes(channel.queuedBytes)) - channel.queuedBytes;
        return (int) Math.max(0, Math.min(contentBytes(room), channel.creditBytes));
    }

    /** What fits so much room, each frame with what it costs besides. */
    private long contentBytes(long room) {
        long each = (long) frameBytes + RelayLimits.FRAME_OVERHEAD_BYTES;
        long whole = room / each;
        return whole * frameBytes + Math.max(0, room - whole * each - RelayLimits.FRAME_OVERHEAD_BYTES);
    }

    /** Reads of its service from now on, or does not, as there is room. */
    void update(Channel channel, Service service) {
        boolean mayRead = readableBytes(channel) > 0;
        if (mayRead == channel.isReading) {
            return;
        }
        channel.isReading = mayRead;
        if (mayRead) {
            service.startReading();
        } else {
            service.stopReading();
        }
    }

    /** The server can take so many more. */
    void credit(Channel channel, long bytes) {
        channel.creditBytes = Math.min(Long.MAX_VALUE / 2, channel.creditBytes + bytes);
    }

    void stream(Channel channel, ByteBuf buffer, int index, int length) {
        if (length > readableBytes(channel)) {
            throw new IllegalArgumentException("length is " + length + " of " + channel + "; allowed 0 to "
                    + readableBytes(channel) + ", what readableBytes() says");
        }
        for (int at = 0; at < length; at += frameBytes) {
            put(channel, buffer, index + at, Math.min(frameBytes, length - at));
        }
    }

    void datagram(Channel channel, ByteBuf buffer, int index, int length) {
        int readable = readableBytes(channel);
        if (length > frameBytes) {
            counters.datagramsTooLong++;
        } else if (readable == 0 || length > readable) {
            counters.datagramsWithoutCredit++;
        } else {
            put(channel, buffer, index, length);
        }
    }

    private void put(Channel channel, ByteBuf buffer, int index, int length) {
        counters.bytesUp += length;
        channel.creditBytes -= length;
        queued(channel, channel.queuedBytes + length + RelayLimits.FRAME_OVERHEAD_BYTES);
        server.data(channel, buffer, index, length);
    }

    /** A frame of so many has left the queue. */
    void left(Channel channel, int length) {
        long content = channel.queuedBytes - RelayLimits.FRAME_OVERHEAD_BYTES;
        if (length < 0 || length > content) {
            throw new IllegalArgumentException("length is " + length + " of " + channel + "; allowed 0 to "
                    + Math.max(0, content) + ", what is queued");
        }
        queued(channel, content - length);
    }

    /** The channel is over. */
    void discard(Channel channel) {
        server.discard(channel);
        queued(channel, 0);
    }

    private void queued(Channel channel, long bytes) {
        shared.change(channel.queuedBytes, bytes);
        channel.queuedBytes = bytes;
    }
}
