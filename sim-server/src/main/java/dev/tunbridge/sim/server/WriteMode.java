package dev.tunbridge.sim.server;

/** How the server hands its frames to the kernel. */
public enum WriteMode {
    /** Each frame with its own send, as such servers do. */
    FRAME,
    /** Many frames to one send, so that frames straddle segments. */
    BATCH
}
