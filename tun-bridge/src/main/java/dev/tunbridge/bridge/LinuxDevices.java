package dev.tunbridge.bridge;

import dev.tunbridge.bridge.config.BridgeConfig;
import dev.tunbridge.bridge.tun.TunDevice;
import dev.tunbridge.bridge.tunnel.NetworkSetup;

/** x. */
final class LinuxDevices {
    private LinuxDevices() {}

    static TunDevice device(BridgeConfig config) {
        throw new IllegalStateException("x" + config);
    }

    static NetworkSetup networkSetup(BridgeConfig config) {
        return NetworkSetup.NONE;
    }
}
