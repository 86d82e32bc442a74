package dev.tunbridge.bridge.path;

import dev.tunbridge.linux.TcpInfo;
import java.util.concurrent.TimeUnit;

/**
 * When the outer connection should try again in an outage. The kernel doubles its wait from try to try, so a link that
 * is back after two seconds may stay unused for two more, as the timer falls. Here the wait grows as well, but to an
 * eighth of the outage so far: a connection is back at the latest that long after its link. Never shorter than the
 * timeout itself, which is a round trip and more, and never longer than what the kernel takes for its longest wait. One
 * segment each time: the kernel's window is one then. A kernel that does not do as it is told is told as seldom.
 *
 * <p>The first acknowledgement after an outage is often one for what had arrived before it, and the kernel concludes
 * that its timeout was spurious and all the rest still under way (F-RTO, RFC 5682); so it waits for another timeout,
 * unless something new is sent, behind which the receiver reports the hole. The end of an outage is told for that.
 *
 * <p>This says when; {@link dev.tunbridge.linux.BackoffReversion} makes the kernel do it. No clock, one thread.
 */
public final class OutageRetry {
    private static final int OUTAGE_PARTS = 8;

    private final long mostNanos;
    private long timeoutNanos;
    private long acked = TcpInfo.UNKNOWN;
    /** Since when nothing has been acknowledged, and since when the kernel has doubled its timeout. */
    private long sinceNanos;

    private boolean tried;
    private long triedNanos;
    private boolean ended;

    /**
     * What the kernel says of a connection's retransmissions.
     *
     * @param ackedOffset bytes of the stream that are acknowledged
     * @param retransmits timeouts since the last acknowledgement; a probe of a closed window is none
     * @param backoff how often the timeout is doubled
     * @param rtoNanos the timeout, with that
     * @param sinceSentNanos since data was sent, or sent again
     */
    record Timer(long ackedOffset, long retransmits, long backoff, long rtoNanos, long sinceSentNanos) {
        static Timer of(TcpInfo info) {
            return new Timer(
                    info.ackedOffset(),
                    info.retransmits(),
                    info.backoff(),
                    TimeUnit.MICROSECONDS.toNanos(info.retransmissionTimeoutMicros()),
                    TimeUnit.MILLISECONDS.toNanos(info.lastDataSentMillis()));
        }
    }

    /** @param mostNanos longest wait between two tries */
    public OutageRetry(long mostNanos) {
        this.mostNanos = mostNanos;
    }

    /** Takes a snapshot that was just taken, each 10 ms or so while something is unacknowledged; answers whether to try now. */
    public boolean isDue(TcpInfo info, long nowNanos) {
        return isDue(Timer.of(info), nowNanos);
    }

    boolean isDue(Timer timer, long nowNanos) {
        boolean isOutage = timer.retransmits() > 0 && timer.backoff() > 0;
        if (timer.ackedOffset() != acked) {
            acked = timer.ackedOffset();
            ended |= tried;
            tried = false;
            sinceNanos = nowNanos;
        } else if (!isOutage && !tried) {
            sinceNanos = nowNanos;
        }
        if (timer.backoff() == 0) {
            timeoutNanos = timer.rtoNanos();
        }
        if (!isOutage || timeoutNanos <= 0) {
            return false;
        }
        long wait = Math.max(timeoutNanos, Math.min(mostNanos, (nowNanos - sinceNanos) / OUTAGE_PARTS));
        if (timer.sinceSentNanos() < wait || (tried && nowNanos - triedNanos < wait)) {
            return false;
        }
        tried = true;
        triedNanos = nowNanos;
        return true;
    }

    /** Whether an outage in which something was tried has ended since this was asked the last time. */
    public boolean takeEnd() {
        boolean taken = ended;
        ended = false;
        return taken;
    }
}
