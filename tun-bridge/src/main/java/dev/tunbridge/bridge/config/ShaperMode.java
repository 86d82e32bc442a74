package dev.tunbridge.bridge.config;

/** When a qdisc of ours shapes what local senders put into the TUN device. */
public enum ShaperMode {
    /** While the outer connection is the bottleneck, or the device's own queue is too short for a burst. */
    AUTO,
    OFF,
    /** Always. */
    ON
}
