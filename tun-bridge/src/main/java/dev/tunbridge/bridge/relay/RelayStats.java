package dev.tunbridge.bridge.relay;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;

/**
 * Counters of a relay.
 *
 * @param now what there is at the moment
 * @param opens that the server has asked for
 * @param opened of these, channels that it was told are open
 * @param refusals the others, by reason; all reasons are there
 * @param misbehaviours of the server; all kinds are there
 * @param bytesDown handed to services
 * @param bytesUp taken from services
 * @param early datagrams handed to services past a hole in the outer stream
 * @param late frames for channels that this end had closed or refused, as always while the server does not know yet
 * @param resetsByServer channels
 * @param resetsByService channels
 * @param idleEnds UDP channels on which nothing went for too long
 * @param drainsGivenUp channels over for the server whose service took nothing of the rest
 * @param datagramsWithoutCredit of services, dropped because the server can take none, or the shared room is used up
 * @param datagramsTooLong of services, dropped because no frame can hold them
 * @param datagramsDropped of services, dropped in the queue
 * @param datagramsUndelivered of clients, that the service's socket has not taken: it is full, or has gone, or they are too long for it
 */
public record RelayStats(
        Now now,
        long opens,
        long opened,
        Map<OpenRefusal, Long> refusals,
        Map<Misbehaviour, Long> misbehaviours,
        long bytesDown,
        long bytesUp,
        long early,
        long late,
        long resetsByServer,
        long resetsByService,
        long idleEnds,
        long drainsGivenUp,
        long datagramsWithoutCredit,
        long datagramsTooLong,
        long datagramsDropped,
        long datagramsUndelivered) {

    public RelayStats {
        refusals = Collections.unmodifiableMap(new EnumMap<>(refusals));
        misbehaviours = Collections.unmodifiableMap(new EnumMap<>(misbehaviours));
    }

    /**
     * The moment.
     *
     * @param channels of all states but closed
     * @param halfOpen of these, waiting for their service's answer
     * @param heldBytes credit that is out for TCP, bytes not taken and bytes in the queue: what {@link RelayLimits#totalBytes} bounds
     */
    public record Now(int channels, int halfOpen, long heldBytes) {}

    public long refused(OpenRefusal reason) {
        return refusals.getOrDefault(reason, 0L);
    }

    public long misbehaved(Misbehaviour what) {
        return misbehaviours.getOrDefault(what, 0L);
    }

    /** Over all reasons. */
    public long refused() {
        return refusals.values().stream().mapToLong(Long::longValue).sum();
    }

    /** Over all kinds. */
    public long misbehaved() {
        return misbehaviours.values().stream().mapToLong(Long::longValue).sum();
    }
}
