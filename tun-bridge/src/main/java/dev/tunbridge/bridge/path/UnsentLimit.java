package dev.tunbridge.bridge.path;

import dev.tunbridge.bridge.config.AutoOr;
import java.util.concurrent.TimeUnit;

/**
 * How many bytes the outer socket may hold unsent ({@code TCP_NOTSENT_LOWAT}): enough that it never runs dry between
 * two turns of the loop, and no more, because what waits in the socket waits in one row, where no queue can put the
 * urgent first. The kernel asks for more when half is gone, so the turn has the time of the other half. No clock, one
 * thread.
 */
public final class UnsentLimit {
    /** Two milliseconds for a turn of the loop, and twice that since it begins at half. */
    private static final long AHEAD_NANOS = TimeUnit.MILLISECONDS.toNanos(4);

    static final int LEAST_BYTES = 4 * 1024;

    /** What 8 Gbit/s take in that time. */
    static final int MOST_BYTES = 4 * 1024 * 1024;

    private static final int CHANGES_THAT_COUNT = 8;

    private final boolean isSet;
    private final boolean adapts;
    private int bytes;

    public UnsentLimit(AutoOr<Integer> setting) {
        isSet = !setting.isOff();
        adapts = setting instanceof AutoOr.Auto;
        bytes = setting instanceof AutoOr.Fixed<Integer> fixed ? fixed.value() : adapts ? LEAST_BYTES : MOST_BYTES;
    }

    /** Whether the socket has a limit; else it takes as much as its send buffer, as the kernel would have it. */
    public boolean isSet() {
        return isSet;
    }

    /** The limit now; where there is none, as much as is worth writing at once. */
    public int bytes() {
        return bytes;
    }

    /**
     * Follows the rate at which the connection may send.
     *
     * @param bytesPerSecond 0 or less where it is not known
     * @return whether the limit is another than before
     */
    public boolean follow(long bytesPerSecond) {
        if (!adapts || bytesPerSecond <= 0) {
            return false;
        }
        double ahead = (double) bytesPerSecond * AHEAD_NANOS / TimeUnit.SECONDS.toNanos(1);
        int wanted = (int) Math.max(LEAST_BYTES, Math.min(MOST_BYTES, ahead));
        if (Math.abs(wanted - bytes) < bytes / CHANGES_THAT_COUNT) {
            return false;
        }
        bytes = wanted;
        return true;
    }
}
