package dev.tunbridge.sim.demo;

import dev.tunbridge.bridge.config.Settings;
import dev.tunbridge.sim.scene.ScenePlan;

/** The two ways in which the demo plays. */
enum Mode {
    /** TCP over TCP as it comes. The capture runs all the same, to measure what waits. */
    PLAIN("plain"),
    FULL("full");

    private final String label;

    Mode(String label) {
        this.label = label;
    }

    String label() {
        return label;
    }

    /** Whether the TUN device has segmentation offload where that decides; it is no part of the bridge's own {@code mode}. */
    boolean offloads() {
        return this == FULL;
    }

    ScenePlan apply(ScenePlan plan) {
        return this == FULL ? plan : plan.set(Settings.MODE.key(), "plain").set(Settings.CAPTURE_BACKEND.key(), "ring");
    }
}
