package dev.tunbridge.bridge.tunnel;

import dev.tunbridge.reassembly.stream.KernelView;

/**
 * Whether the server still answers, asked because the way to it is another. What was under way to this end when the way changed proves
 * nothing, so what counts is an acknowledgement later than half a round trip and a delayed acknowledgement; where the kernel tells of none, whatever comes later. An answer is given
 * longer than the kernel waits between two tries (1 s with TCP_RTO_MAX_MS). Time is a parameter.
 */
final class WayQuestion {
    /** With the connection made anew it is within the two seconds that a return may take. */
    private static final long ANSWER_NANOS = 1_500_000_000L;

    /** How long an acknowledgement of what was sent before may be held back (TCP_DELACK_MAX in include/net/tcp.h). */
    private static final long DELAYED_ACK_NANOS = 200_000_000L;

    /** Beside that, so many round trips: the question, one lost, and the answer behind what waits. */
    private static final int ANSWER_ROUND_TRIPS = 4;

    private boolean isPending;
    private boolean isHeard;
    private long askedNanos;
    private long countsNanos;
    private long dueNanos;
    private long offset;
    private long ackedBefore;

    /**
     * The question is asked now. One that waits for its answer goes on: its time does not begin again.
     *
     * @param ackedOffset of what was sent, what the server has acknowledged
     * @param writtenOffset behind the question
     * @return whether it is a new one
     */
    boolean ask(long nowNanos, long roundTripNanos, long ackedOffset, long writtenOffset) {
        if (isPending && !isHeard) {
            return false;
        }
        isPending = true;
        isHeard = false;
        askedNanos = nowNanos;
        boolean isAcknowledged = ackedOffset != KernelView.UNKNOWN;
        countsNanos = nowNanos + roundTripNanos / 2 + (isAcknowledged ? DELAYED_ACK_NANOS : 0);
        dueNanos = nowNanos + ANSWER_NANOS + ANSWER_ROUND_TRIPS * roundTripNanos;
        offset = writtenOffset;
        ackedBefore = ackedOffset;
        return true;
    }

    /** Something came from the server. */
    void heard(long nowNanos) {
        if (isPending && nowNanos - countsNanos >= 0) {
            isHeard = true;
        }
    }

    /** From when on an answer counts. */
    long countsNanos() {
        return countsNanos;
    }

    /** Answers count from now on: what is acknowledged by now is no progress. */
    void count(long ackedOffset) {
        ackedBefore = Math.max(ackedBefore, ackedOffset);
    }

    /** When the answer must be there. */
    long dueNanos() {
        return dueNanos;
    }

    /** The time is up: whether nothing has come. The question is done with. */
    boolean isUnanswered(long ackedOffset) {
        // What the server's program still says proves the way back alone; where the kernel tells of acknowledgements
        // they decide.
        boolean isSilent =
                ackedOffset == KernelView.UNKNOWN ? !isHeard : ackedOffset < offset && ackedOffset <= ackedBefore;
        boolean isUnanswered = isPending && isSilent;
        isPending = false;
        return isUnanswered;
    }

    /** How long nothing has come. */
    long sinceNanos(long nowNanos) {
        return nowNanos - askedNanos;
    }

    boolean isPending() {
        return isPending;
    }

    /** There is no way at all, or no connection: no answer can come. */
    void withdraw() {
        isPending = false;
    }
}
