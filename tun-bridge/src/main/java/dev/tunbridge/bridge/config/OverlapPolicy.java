package dev.tunbridge.bridge.config;

/** What becomes of a tunnel whose networks the host has another way to. */
public enum OverlapPolicy {
    REFUSE,
    WARN
}
