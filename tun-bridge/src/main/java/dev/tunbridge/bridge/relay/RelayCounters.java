package dev.tunbridge.bridge.relay;

import java.util.EnumMap;
import java.util.Map;

/** What has happened so far. */
final class RelayCounters {
    private final long[] refusals = new long[OpenRefusal.values().length];
    private final long[] misbehaviours = new long[Misbehaviour.values().length];
    long opens;
    long opened;
    long bytesDown;
    long bytesUp;
    long early;
    long late;
    long resetsByServer;
    long resetsByService;
    long idleEnds;
    long drainsGivenUp;
    long datagramsWithoutCredit;
    long datagramsTooLong;
    long datagramsDropped;
    long datagramsUndelivered;

    void refused(OpenRefusal reason) {
        refusals[reason.ordinal()]++;
    }

    void misbehaved(Misbehaviour what) {
        misbehaviours[what.ordinal()]++;
    }

    RelayStats snapshot(RelayStats.Now now) {
        Map<OpenRefusal, Long> refused = new EnumMap<>(OpenRefusal.class);
        for (OpenRefusal reason : OpenRefusal.values()) {
            refused.put(reason, refusals[reason.ordinal()]);
        }
        Map<Misbehaviour, Long> misbehaved = new EnumMap<>(Misbehaviour.class);
        for (Misbehaviour what : Misbehaviour.values()) {
            misbehaved.put(what, misbehaviours[what.ordinal()]);
        }
        return new RelayStats(
                now,
                opens,
                opened,
                refused,
                misbehaved,
                bytesDown,
                bytesUp,
                early,
                late,
                resetsByServer,
                resetsByService,
                idleEnds,
                drainsGivenUp,
                datagramsWithoutCredit,
                datagramsTooLong,
                datagramsDropped,
                datagramsUndelivered);
    }
}
