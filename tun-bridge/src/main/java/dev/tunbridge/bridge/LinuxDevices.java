package dev.tunbridge.bridge;

import dev.tunbridge.bridge.config.BridgeConfig;
import dev.tunbridge.bridge.config.Settings;
import dev.tunbridge.bridge.filter.Prefix;
import dev.tunbridge.bridge.net.TunAddressing;
import dev.tunbridge.bridge.net.TunNetwork;
import dev.tunbridge.bridge.tun.LinuxTunDevice;
import dev.tunbridge.bridge.tun.TunDevice;
import dev.tunbridge.bridge.tun.TunOptions;
import dev.tunbridge.bridge.tunnel.NetworkSetup;
import java.io.IOException;

/** What a configuration means for Linux. */
final class LinuxDevices {
    private LinuxDevices() {}

    static TunDevice device(BridgeConfig config) throws IOException {
        return LinuxTunDevice.create(new TunOptions(
                config.get(Settings.TUN_NAME),
                config.get(Settings.TUN_OFFLOAD) ? TunOptions.Offload.ON : TunOptions.Offload.OFF,
                config.get(Settings.TUN_COALESCE) ? TunOptions.Coalescing.ON : TunOptions.Coalescing.OFF));
    }

    static NetworkSetup networkSetup(BridgeConfig config) {
        return tunnel -> TunNetwork.setUp(new TunAddressing(
                tunnel.device(),
                tunnel.deviceAddress(),
                tunnel.prefixLength(),
                tunnel.mtu(),
                config.get(Settings.TUN_TX_QUEUE_LENGTH),
                config.get(Settings.ROUTES).stream().map(Prefix::toString).toList(),
                config.get(Settings.SOURCE_RULE) ? TunAddressing.SourceRule.PRESENT : TunAddressing.SourceRule.ABSENT))
                ::close;
    }
}
