package dev.tunbridge.bridge.server;

import java.util.concurrent.TimeUnit;

/** A connection's counters over virtual time, changed by what a test lets happen. */
final class ModelConnection {
    static final int MSS = 1448;
    static final long STEP_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    /** Where {@code System.nanoTime} wraps soon. */
    long nowNanos = Long.MAX_VALUE - TimeUnit.SECONDS.toNanos(1);

    ConnectionSample.Ecn ecn = ConnectionSample.Ecn.AGREED;
    long delivered = 1;
    long retransmissions;
    long bytesAcked;
    long unackedBytes;
    long unackedSegments;
    long timeouts;
    int sendMss = MSS;
    long segmentsIn = 1;
    long dataSegmentsIn;
    long outOfOrderIn;
    long bytesReceived;
    int receiveMss = 536;
    int advertisedMss = MSS;
    long serverAhead;

    ConnectionSample sample() {
        nowNanos += STEP_NANOS;
        return new ConnectionSample(
                nowNanos,
                ecn,
                delivered,
                retransmissions,
                bytesAcked,
                unackedBytes,
                unackedSegments,
                timeouts,
                sendMss,
                segmentsIn,
                dataSegmentsIn,
                outOfOrderIn,
                bytesReceived,
                receiveMss,
                advertisedMss,
                serverAhead);
    }

    /** Segments leave, and nobody has acknowledged them. */
    void send(int segments, int bytesEach) {
        unackedSegments += segments;
        unackedBytes += (long) segments * bytesEach;
    }

    /** All that is under way arrives, so many of it by being sent again. */
    void arrive(long sentAgain) {
        delivered += unackedSegments;
        retransmissions += sentAgain;
        bytesAcked += unackedBytes;
        unackedSegments = 0;
        unackedBytes = 0;
        timeouts = 0;
        segmentsIn++;
    }

    /** The server's data comes in order. */
    void receive(int segments, int bytesEach) {
        dataSegmentsIn += segments;
        segmentsIn += segments;
        bytesReceived += (long) segments * bytesEach;
        receiveMss = Math.max(receiveMss, bytesEach);
    }
}
