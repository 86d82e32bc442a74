package dev.tunbridge.reassembly.recovery;

/** Where the raw lane stands. In every state all packets arrive; only when differs. */
public enum LaneState {
    /** Frames go early. */
    ACTIVE,
    /** The path is fast and loses nothing, so the capture rests until the kernel sees a segment out of order. */
    RESTING,
    /** Frames go early from proven boundaries only, for a while: some had other boundaries than the kernel's. */
    PROVEN_ONLY,
    /** Nothing goes early for a while: a frame had other bytes than the kernel's. */
    LATCHED_OFF,
    /** Switched off by configuration; waits are measured. */
    MEASURING,
    /** The capture does not see what the kernel receives. */
    BLIND,
    /** No SYN-ACK was captured, so that no segment can be placed in the stream. */
    LATE,
    /** Two different SYN-ACKs were captured. */
    AMBIGUOUS,
    /** No capture was asked for. */
    OFF,
    /** The kernel does not allow a capture: CAP_NET_RAW is missing. */
    FORBIDDEN,
    /** The capture could not be opened, or has ended. */
    FAILED,
    /** No connection. */
    IDLE
}
