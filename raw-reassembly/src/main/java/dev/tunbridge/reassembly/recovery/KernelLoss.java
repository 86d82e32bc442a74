package dev.tunbridge.reassembly.recovery;

import dev.tunbridge.reassembly.stream.KernelView;
import java.util.concurrent.TimeUnit;

/**
 * Says whether the kernel has refused what the capture saw in order: a packet filter, a full socket. That it has not got there yet
 * proves nothing, because a machine may be slow or its processor be taken away between the capture and TCP. What proves it is a segment
 * that the kernel counts as out of order ({@code tcpi_rcv_ooopack}) while the capture has seen no hole: then one is missing there.
 *
 * <p>Where that cannot be compared, because the capture has a hole of its own or the kernel does not count (before Linux 5.4), a
 * time stands in that no machine should need between the two. Without clock; one thread.
 */
final class KernelLoss {
    /** As long as the shortest retransmission timeout of Linux: by then the sender's own remedies are due. */
    static final long UNTOLD_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    /** What the kernel had counted when the capture knew of no hole; from 0, the connection's beginning. */
    private long agreed;

    private boolean isComparable = true;

    /** The capture has seen a hole: what the kernel counts from now on is no evidence. */
    void holeSeen() {
        isComparable = false;
    }

    /** Whether {@link #agree} has been called since the last hole. */
    boolean isComparable() {
        return isComparable;
    }

    /** Nothing is missing, neither in the capture nor, as far as it can be known, in the kernel, which has counted this so far. */
    void agree(long outOfOrderSegments) {
        agreed = outOfOrderSegments;
        isComparable = true;
    }

    /**
     * Whether bytes are lost that the capture has seen in order and the kernel has not.
     *
     * @param outOfOrderSegments that the kernel has counted so far, or {@link KernelView#UNKNOWN}
     * @param hasHole whether the capture knows of one behind these bytes
     * @param missingNanos since the first of them was captured
     */
    boolean isProven(long outOfOrderSegments, boolean hasHole, long missingNanos) {
        boolean isTold = isComparable && !hasHole && outOfOrderSegments != KernelView.UNKNOWN;
        return isTold ? outOfOrderSegments > agreed : missingNanos >= UNTOLD_NANOS;
    }
}
