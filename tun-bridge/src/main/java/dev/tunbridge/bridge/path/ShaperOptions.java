package dev.tunbridge.bridge.path;

import dev.tunbridge.linux.netlink.TokenBucket;

/**
 * What a shaper has to do with.
 *
 * @param mtu longest packet of the device
 * @param txQueueLength packets that the device holds
 * @param queueLimitBytes bytes that the egress queue behind it holds
 * @param guard whether the device is shaped while nothing calls for it
 */
public record ShaperOptions(int mtu, int txQueueLength, int queueLimitBytes, Guard guard) {

    /** Whether a shaper stays while the outer connection is no bottleneck, at a rate far above what it carries. */
    public enum Guard {
        /** Where the device's queue is short, or has dropped packets. */
        WHERE_SHORT,
        ALWAYS
    }

    /** 500 Mbit/s. Above it super-packets must pass whole: cutting them brings 16 Gbit/s down to half a gigabit. */
    private static final long WHOLE_SUPER_PACKETS = 62_500_000;

    /** 64 KiB, and the headers that each of their segments counts with. */
    private static final int SUPER_PACKET_BYTES = 80 * 1024;

    private static final double BURST_SECONDS = 0.0003;
    private static final int MINIMUM_LIMIT_BYTES = 400 * 1024;
    private static final int MAXIMUM_LIMIT_BYTES = 4 * 1024 * 1024;
    private static final double LIMIT_SECONDS = 0.2;

    /** The bucket for this rate in bytes per second. */
    TokenBucket bucket(long rate) {
        // A sender blocks by what its own socket has waiting, so that what is dropped here needs many of them.
        int limit = (int) Math.max(MINIMUM_LIMIT_BYTES, Math.min(MAXIMUM_LIMIT_BYTES, rate * LIMIT_SECONDS));
        return new TokenBucket(rate, burst(rate), limit);
    }

    private int burst(long rate) {
        if (rate >= WHOLE_SUPER_PACKETS) {
            return SUPER_PACKET_BYTES;
        }
        int held = Math.max(1, txQueueLength / 4);
        long wanted = Math.max(2L * mtu, Math.round(rate * BURST_SECONDS));
        return (int) Math.max(mtu, Math.min(wanted, (long) held * mtu));
    }
}
