package dev.tunbridge.bridge.answers;

/** Whether clients are given addresses of a pool. */
public enum MappingMode {
    /** Where the host would answer them by another interface. */
    AUTO,
    POOL,
    OFF
}
