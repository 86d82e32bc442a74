package dev.tunbridge.bridge.relay;

/**
 * From the server to the service: what has come, what the service has taken, and what the server may send for it. Credit that is out takes of
 * the shared room too, since it cannot be taken back. Datagrams are written or lost, so theirs takes nothing.
 */
final class Downward {
    /** Ten frames of a common size: what a page's answer takes, and a thousand channels with it are not too many. */
    static final int FIRST_CREDIT_BYTES = 16 << 10;

    /** It stands for no memory, and keeps a server from flooding. */
    static final int DATAGRAM_CREDIT_BYTES = 64 << 10;

    private final RelayLimits limits;
    private final SharedBytes shared;
    private final RelayCounters counters;

    Downward(RelayLimits limits, SharedBytes shared, RelayCounters counters) {
        this.limits = limits;
        this.shared = shared;
        this.counters = counters;
    }

    CreditWindow window(boolean isTcp, long nowNanos) {
        return new CreditWindow(isTcp ? FIRST_CREDIT_BYTES : DATAGRAM_CREDIT_BYTES, limits.channelBytes(), nowNanos);
    }

    boolean hasCredit(Channel channel, int length) {
        return length <= channel.window.leftBytes();
    }

    /** So many bytes have come, and go to the service. */
    void received(Channel channel, int length) {
        channel.window.receive(length);
        counters.bytesDown += length;
        channel.bytesDown += length;
    }

    void taken(Channel channel, long bytes, long roundTripNanos, long nowNanos) {
        long held = heldBytes(channel);
        channel.window.take(bytes, roundTripNanos, nowNanos);
        shared.change(held, heldBytes(channel));
    }

    /** Credit that is out will not be used any more. */
    void ended(Channel channel) {
        long held = heldBytes(channel);
        channel.hasServerEnded = true;
        shared.change(held, heldBytes(channel));
    }

    /** What the server is to be granted now. */
    long dueBytes(Channel channel) {
        if (channel.hasServerEnded) {
            return 0;
        }
        return channel.window.dueBytes(channel.isTcp() ? shared.mostBytes(heldBytes(channel)) : Long.MAX_VALUE);
    }

    /** Grants what is due, and answers how much that is. */
    long grant(Channel channel) {
        long held = heldBytes(channel);
        long due = dueBytes(channel);
        channel.window.grant(due);
        shared.change(held, heldBytes(channel));
        return due;
    }

    /** The channel is over. */
    void discard(Channel channel) {
        shared.change(heldBytes(channel), 0);
    }

    private static long heldBytes(Channel channel) {
        if (!channel.isTcp()) {
            return 0;
        }
        return channel.hasServerEnded ? channel.window.untakenBytes() : channel.window.outstandingBytes();
    }
}
