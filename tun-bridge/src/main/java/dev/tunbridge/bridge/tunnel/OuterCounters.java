package dev.tunbridge.bridge.tunnel;

import dev.tunbridge.bridge.BridgeStats;

/** Counters of the outer connections of one tunnel, one after the other. Loop thread only. */
final class OuterCounters {
    long connections;
    long bytesIn;
    long bytesOut;
    long framesIn;
    long framesOut;
    long badFrames;
    long skippedBytes;
    long malformedMessages;
    long unknownTypes;
    long keepAlivesUnanswered;

    BridgeStats.Outer snapshot(long wrongCarriage, long notConnected) {
        return new BridgeStats.Outer(
                bytesIn,
                bytesOut,
                framesIn,
                framesOut,
                badFrames,
                skippedBytes,
                malformedMessages,
                unknownTypes,
                keepAlivesUnanswered,
                wrongCarriage,
                notConnected);
    }
}
