package dev.tunbridge.bridge.net;

import dev.tunbridge.linux.TcpInfo;
import java.util.concurrent.TimeUnit;

/**
 * When the outer connection should try again in an outage. The kernel doubles its wait from try to try, so a link that
 * is back after two seconds may stay unused for two more, as the timer falls. Here the wait grows as well, but to an
 * eighth of the outage so far: a connection is back at the latest that long after its link. Never shorter than the
 * timeout itself, which is a round trip and more, and never longer than what the kernel takes for its longest wait. One
 * segment each time: the kernel's window is one then.
 *
 * <p>The first acknowledgement after an outage is often one for what had arrived before it, and the kernel concludes that
 * its timeout was spurious and all the rest still under way (F-RTO, RFC 5682); so it waits for another timeout, unless
 * something new is sent, behind which the receiver reports the hole. The end of an outage is told for that.
 *
 * <p>This says when; {@link dev.tunbridge.linux.BackoffReversion} makes the kernel do it. No clock, one thread.
 */
public final class OutageRetry {
    private static final int OUTAGE_PARTS = 8;

    private final long mostNanos;
    private long timeoutNanos;
    private long acked = TcpInfo.UNKNOWN;
    private long progressNanos;
    private boolean tried;
    private boolean ended;

    /** @param mostNanos longest wait between two tries */
    public OutageRetry(long mostNanos) {
        this.mostNanos = mostNanos;
    }

    /** Takes a snapshot that was just taken, each 10 ms or so while something is unacknowledged; answers whether to try now. */
    public boolean isDue(TcpInfo info, long nowNanos) {
        return isDue(
                nowNanos,
                info.ackedOffset(),
                info.backoff(),
                TimeUnit.MICROSECONDS.toNanos(info.retransmissionTimeoutMicros()),
                TimeUnit.MILLISECONDS.toNanos(info.lastDataSentMillis()));
    }

    boolean isDue(long nowNanos, long ackedOffset, long backoff, long rtoNanos, long sinceSentNanos) {
        if (backoff == 0) {
            timeoutNanos = rtoNanos;
        }
        if (ackedOffset != acked || backoff == 0) {
            ended |= tried;
            tried = false;
            acked = ackedOffset;
            progressNanos = nowNanos;
        }
        if (backoff <= 0 || timeoutNanos == 0) {
            return false;
        }
        long growing = (nowNanos - progressNanos) / OUTAGE_PARTS;
        boolean isDue = sinceSentNanos >= Math.max(timeoutNanos, Math.min(mostNanos, growing));
        tried |= isDue;
        return isDue;
    }

    /** Whether an outage has ended, in which it was tried, since this was asked the last time. */
    public boolean takeEnd() {
        boolean taken = ended;
        ended = false;
        return taken;
    }
}
