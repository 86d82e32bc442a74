package dev.tunbridge.bridge.receive;

import java.util.concurrent.TimeUnit;

/** Lets one line a minute through, so that a peer or a local program cannot fill the log. One thread. */
public final class LogOncePerMinute {
    private static final long INTERVAL_NANOS = TimeUnit.MINUTES.toNanos(1);

    private boolean logged;
    private long lastNanos;

    public boolean permits(long nowNanos) {
        if (logged && nowNanos - lastNanos < INTERVAL_NANOS) {
            return false;
        }
        logged = true;
        lastNanos = nowNanos;
        return true;
    }
}
