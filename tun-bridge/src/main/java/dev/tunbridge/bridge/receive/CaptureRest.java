package dev.tunbridge.bridge.receive;

import dev.tunbridge.reassembly.stream.KernelView;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Decides when the capture of a connection rests. On a path that is fast and loses nothing it wins nothing, and costs
 * each segment a second way, about a microsecond. The kernel counts what comes out of order ({@code tcpi_rcv_ooopack}):
 * at the first such segment the capture is awake again. What came in between is delivered as without a raw lane.
 * Without clock; one thread.
 */
final class CaptureRest {
    private static final long WINDOW_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    /** So long must a path have been fast, with every segment in order. */
    private static final long CLEAN_NANOS = TimeUnit.SECONDS.toNanos(1);
    /** Below it, 200 Mbit/s, a capture costs less than 2 % of a core. */
    private static final long FAST_BYTES_PER_SECOND = 25_000_000;

    private boolean isResting;
    private long windowBeganNanos;
    private long windowCarried;
    private long cleanSinceNanos;
    private long outOfOrder;
    private long lookedAt;

    CaptureRest(long nowNanos) {
        windowBeganNanos = nowNanos;
        cleanSinceNanos = nowNanos;
    }

    boolean isResting() {
        return isResting;
    }

    /**
     * Whether the capture may rest now. The kernel is asked, and not the capture, which sees holes where it has missed
     * something itself: on a fast path that is what it misses most.
     *
     * @param position bytes that the kernel lane has read
     * @param sent bytes sent so far: what is acknowledged comes as segments too
     * @param outOfOrder answers how many segments have come out of order so far; asked ten times a second
     */
    boolean mayRest(long position, long sent, LongSupplier outOfOrder, long nowNanos) {
        if (nowNanos - windowBeganNanos >= WINDOW_NANOS) {
            long count = outOfOrder.getAsLong();
            boolean isClean = count == this.outOfOrder && count != KernelView.UNKNOWN;
            this.outOfOrder = count;
            if (endsSlowWindow(position + sent, nowNanos) || !isClean) {
                cleanSinceNanos = nowNanos;
            }
        }
        return nowNanos - cleanSinceNanos >= CLEAN_NANOS;
    }

    /** It rests from now on. */
    void begin(long position, long outOfOrder) {
        isResting = true;
        lookedAt = position;
        this.outOfOrder = outOfOrder;
    }

    /**
     * Whether it must capture again. As long as the kernel brings something from one look to the next nothing waits
     * behind a hole; only where it does not is it asked, because the answer costs more than the look.
     *
     * @param outOfOrder answers how many segments have come out of order so far
     */
    boolean mustWake(long position, long sent, LongSupplier outOfOrder, long nowNanos) {
        boolean isHeldUp = position == lookedAt;
        lookedAt = position;
        if (isHeldUp) {
            long count = outOfOrder.getAsLong();
            if (count != this.outOfOrder || count == KernelView.UNKNOWN) {
                return true;
            }
        }
        return endsSlowWindow(position + sent, nowNanos);
    }

    void end(long nowNanos) {
        isResting = false;
        cleanSinceNanos = nowNanos;
    }

    private boolean endsSlowWindow(long carried, long nowNanos) {
        long elapsed = nowNanos - windowBeganNanos;
        if (elapsed < WINDOW_NANOS) {
            return false;
        }
        long least = (long) ((double) FAST_BYTES_PER_SECOND * elapsed / TimeUnit.SECONDS.toNanos(1));
        boolean isSlow = carried - windowCarried < least;
        windowBeganNanos = nowNanos;
        windowCarried = carried;
        return isSlow;
    }
}
