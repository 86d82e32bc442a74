package dev.tunbridge.sim.demo;

import dev.tunbridge.bridge.config.Settings;
import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.sim.scene.Family;
import dev.tunbridge.sim.scene.ScenePlan;
import java.net.InetAddress;

/** The ways in which the demo plays. */
enum Mode {
    /** TCP over TCP as it comes. The capture runs all the same, to measure what waits. */
    PLAIN("plain"),
    FULL("full"),
    /** Virtual sockets: the same traffic on connections of the bridge's own, and no TCP inside TCP. */
    SOCKETS("sockets");

    private final String label;

    Mode(String label) {
        this.label = label;
    }

    String label() {
        return label;
    }

    /** Whether the device can begin something by itself; a virtual socket is opened for a client. */
    boolean isBegunByEither() {
        return this != SOCKETS;
    }

    /** Whether the TUN device has segmentation offload where that decides; it is no part of the bridge's own {@code mode}. */
    boolean offloads() {
        return this == FULL;
    }

    /** Where services are: without a device at the loopback. */
    InetAddress services(Family inner) {
        return this == SOCKETS ? InetAddress.getLoopbackAddress() : inner.device();
    }

    ScenePlan apply(ScenePlan plan) {
        return switch (this) {
            case PLAIN -> plan.set(Settings.MODE.key(), "plain").set(Settings.CAPTURE_BACKEND.key(), "ring");
            case FULL -> plan;
            case SOCKETS -> plan.carriage(Carriage.SOCKET).set(Settings.CARRIAGE.key(), Carriage.SOCKET.key());
        };
    }
}
