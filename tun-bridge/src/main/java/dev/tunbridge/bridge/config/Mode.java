package dev.tunbridge.bridge.config;

/** How much the bridge does for its traffic. */
public enum Mode {
    /** Everything that it can. */
    FULL,
    /** TCP over TCP and nothing else: the baseline, and a fallback. */
    PLAIN
}
