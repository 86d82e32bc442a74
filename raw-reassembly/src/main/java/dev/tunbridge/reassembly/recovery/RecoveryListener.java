package dev.tunbridge.reassembly.recovery;

import dev.tunbridge.reassembly.stream.Rejection;

/** Hears what happens on the raw lane. Every method may be left out. */
public interface RecoveryListener {
    RecoveryListener NONE = new RecoveryListener() {};

    /** What may be worth telling. */
    enum Event {
        /** Bytes are missing between the two offsets. */
        HOLE_OPENED,
        /** The kernel lane has passed a hole that ended at the second offset. */
        HOLE_CLOSED,
        /** Two segments brought different bytes for the same offsets. */
        CONFLICT,
        /** An early frame had other bytes than the kernel's. */
        MISMATCHED_BYTES,
        /** An early frame had other boundaries than the kernel's. */
        MISMATCHED_BOUNDARIES,
        /** Two chains of frames from proven boundaries contradict each other, or one breaks. */
        CONTRADICTION,
        /** More was to be held than is allowed. */
        OVER_CAP,
        /** The kernel did not take what the capture had seen. */
        KERNEL_LOST,
        /** The kernel has received what the capture did not see. */
        BLIND,
        /** The segments come in by another interface than before, and the capture follows. */
        FOLLOWED
    }

    default void onEvent(Event event, long fromOffset, long toOffset) {}

    default void onRejected(Rejection reason) {}
}
