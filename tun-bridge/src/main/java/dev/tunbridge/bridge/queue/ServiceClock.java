package dev.tunbridge.bridge.queue;

import java.util.concurrent.TimeUnit;

/**
 * Time as CoDel may count it: it stands still while the outer connection does.
 *
 * <p>CoDel takes a sojourn over its target for a <em>standing</em> queue, one that a sender keeps up by having more in
 * flight than the path holds, once it has lasted an interval. On a link this is true, because a link always sends. Ours
 * is pulled by a TCP socket, and while TCP repairs a loss outside (a retransmission timeout: 0.3 to 2 s) it takes
 * nothing. Everything that waits then has waited too long, whatever the senders did. By the clock on the wall the
 * interval would be over at the first packet after the pause, and where CoDel was signalling before, all the signals of
 * the pause would fall due at once (at a count of 16 that is 65 in a second): the inner flows would pay with their
 * windows for a loss that the outer connection has already paid for, and that they cannot see or mend.
 *
 * <p>A pause says nothing of a standing queue, neither for nor against it. So it is not counted: not in sojourns, not in the
 * interval, not between signals. All of CoDel runs on this clock and needs no rule besides. What the pause has gathered
 * is judged by how long it takes to leave once packets leave again: a window that fits the path is gone within a round trip,
 * which is no more than an interval, and nobody is signalled; one that does not fit still stands after it, and is. Packets that
 * the pause has made late are not made good by dropping them, and the byte bound holds all the while.
 *
 * <p>What a pause is depends on how the socket pulls: as much at a time as {@code TCP_NOTSENT_LOWAT} says, and then not before
 * that has gone out. How long this takes is known from the path's rate; of a gap between two pulls {@link CodelTiming#gapNanos}
 * counts, and no more. While nothing waits, time passes as usual. One thread.
 */
final class ServiceClock {
    /** Where the rate is known too low, what is pulled would seem to take ever longer. */
    private static final long MOST_BUSY_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final CodelTiming timing;
    private long serviceNanos;
    private long lastNanos;
    /** How long after the last pull the path needs for what has been pulled. */
    private long busyNanos;

    private long pauses;

    ServiceClock(CodelTiming timing) {
        this.timing = timing;
    }

    /** Something waits from now on, for the first time or after a while in which nothing did. */
    void begin(long nowNanos) {
        serviceNanos += Math.max(0, nowNanos - lastNanos);
        leave(nowNanos - lastNanos);
        lastNanos = nowNanos; // also back, since the first time of all may be anything
    }

    /** The time of service until now, while something waits. */
    long read(long nowNanos) {
        return serviceNanos + Math.min(Math.max(0, nowNanos - lastNanos), timing.gapNanos(busyNanos));
    }

    /** The outer connection asks for a packet, while something waits. Returns the time of service until now. */
    long pull(long nowNanos) {
        long gap = Math.max(0, nowNanos - lastNanos);
        if (gap > timing.gapNanos(busyNanos)) {
            pauses++;
        }
        serviceNanos = read(nowNanos);
        leave(gap);
        lastNanos += gap;
        return serviceNanos;
    }

    /** It has taken one. */
    void pulled(int bytes) {
        busyNanos = Math.min(MOST_BUSY_NANOS, busyNanos + timing.sendingNanos(bytes));
    }

    /** How often the outer connection stood still while something waited. */
    long pauses() {
        return pauses;
    }

    /** Of what has been pulled so much has gone out. */
    private void leave(long nanos) {
        busyNanos = Math.max(0, busyNanos - Math.max(0, nanos));
    }
}
