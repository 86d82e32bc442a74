package dev.tunbridge.bridge.relay;

import java.util.concurrent.TimeUnit;

/** Opens a second, as a bucket that holds a second's worth. */
final class OpenRate {
    private final long nanosEach;
    private long paidNanos;

    OpenRate(int perSecond, long nowNanos) {
        nanosEach = TimeUnit.SECONDS.toNanos(1) / perSecond;
        paidNanos = nowNanos - TimeUnit.SECONDS.toNanos(1);
    }

    boolean permits(long nowNanos) {
        paidNanos = Math.max(paidNanos, nowNanos - TimeUnit.SECONDS.toNanos(1));
        if (paidNanos + nanosEach > nowNanos) {
            return false;
        }
        paidNanos += nanosEach;
        return true;
    }
}
