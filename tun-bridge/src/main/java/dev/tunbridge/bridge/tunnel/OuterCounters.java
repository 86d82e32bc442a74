package dev.tunbridge.bridge.tunnel;

import dev.tunbridge.bridge.BridgeStats;
import dev.tunbridge.bridge.receive.ReceiveCounters;

/** Counters of the outer connections of one tunnel, one after the other. Loop thread only. */
final class OuterCounters {
    long connections;
    long bytesOut;
    long framesOut;
    long unknownTypes;
    long questionsUnanswered;

    BridgeStats.Outer snapshot(ReceiveCounters in, long wrongCarriage, long notConnected) {
        return new BridgeStats.Outer(
                in.bytes(),
                bytesOut,
                in.frames(),
                framesOut,
                in.badFrames(),
                in.skippedBytes(),
                in.malformedMessages(),
                unknownTypes,
                questionsUnanswered,
                wrongCarriage,
                notConnected);
    }
}
