package dev.tunbridge.bridge.path;

import dev.tunbridge.linux.BbrInfo;
import java.util.concurrent.TimeUnit;

/**
 * What BBR takes the path for.
 *
 * @param pacingGain what it multiplies its bandwidth with to pace; 0 where the connection has another congestion control
 * @param bandwidth the best of the last ten round trips, bytes per second
 * @param minimumRttNanos shortest round trip of the last ten seconds
 */
public record BbrState(double pacingGain, long bandwidth, long minimumRttNanos) {

    /** Of a snapshot that has just been taken. */
    public static BbrState of(BbrInfo info) {
        return new BbrState(
                info.pacingGain(),
                info.bandwidthBytesPerSecond(),
                TimeUnit.MICROSECONDS.toNanos(info.minimumRttMicros()));
    }

    /** Whether the connection has BBR at all. */
    public boolean isPresent() {
        return pacingGain > 0;
    }
}
