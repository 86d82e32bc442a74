package dev.tunbridge.bridge.config;

/** Whether a full TUN device stops its senders, where the kernel offers it. */
public enum Backpressure {
    AUTO,
    OFF
}
