package dev.tunbridge.bridge.server;

import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;

/**
 * When each attempt to connect begins (RFC 8305 section 5): the next one 250 ms after the one before, or at once where one
 * has failed. All go on side by side until one is connected; then the others are given up. Times are compared by difference.
 */
public final class ConnectionRace {
    /** The Connection Attempt Delay that RFC 8305 recommends. */
    public static final long DELAY_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

    private final int attempts;
    private int begun;
    private int failed;
    private boolean isDue = true;
    private long dueNanos;

    /** @param attempts addresses to try, each once */
    public ConnectionRace(int attempts) {
        this.attempts = attempts;
    }

    /** The attempt to begin now, counted from 0; nothing where none is due. To be asked until there is nothing. */
    public OptionalInt begin(long nowNanos) {
        if (begun == attempts || !(isDue || nowNanos - dueNanos >= 0)) {
            return OptionalInt.empty();
        }
        isDue = false;
        dueNanos = nowNanos + DELAY_NANOS;
        return OptionalInt.of(begun++);
    }

    /** One of those begun has failed. */
    public void failed() {
        failed++;
        isDue = true;
    }

    /** Whether {@link #begin} has anything left. */
    public boolean hasMore() {
        return begun < attempts;
    }

    /** When the next attempt begins at the latest, where there is one. */
    public long dueNanos() {
        return dueNanos;
    }

    /** Whether nothing is left that could connect. */
    public boolean isLost() {
        return failed == attempts;
    }
}
