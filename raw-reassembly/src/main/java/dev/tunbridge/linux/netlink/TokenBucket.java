package dev.tunbridge.linux.netlink;

/**
 * The parameters of a token bucket filter (tc-tbf).
 *
 * @param rateBytesPerSecond what may leave, on average
 * @param burstBytes what may leave at once; a longer packet is dropped, a longer super-packet is cut into its segments
 * @param limitBytes what may wait; more is dropped
 */
public record TokenBucket(long rateBytesPerSecond, int burstBytes, int limitBytes) {
    public TokenBucket {
        if (rateBytesPerSecond <= 0 || burstBytes <= 0 || limitBytes <= 0) {
            throw new IllegalArgumentException("token bucket of " + rateBytesPerSecond + " bytes/s, burst " + burstBytes
                    + " bytes, limit " + limitBytes + " bytes: each must be positive");
        }
    }

    @Override
    public String toString() {
        return "tbf rate %.3f Mbit/s burst %d limit %d".formatted(rateBytesPerSecond * 8 / 1e6, burstBytes, limitBytes);
    }
}
