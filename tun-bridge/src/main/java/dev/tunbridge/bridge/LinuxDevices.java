package dev.tunbridge.bridge;

import dev.tunbridge.bridge.config.Backpressure;
import dev.tunbridge.bridge.config.BridgeConfig;
import dev.tunbridge.bridge.config.OverlapPolicy;
import dev.tunbridge.bridge.config.Settings;
import dev.tunbridge.bridge.filter.Prefix;
import dev.tunbridge.bridge.net.Concerns;
import dev.tunbridge.bridge.net.HostWatch;
import dev.tunbridge.bridge.net.TunAddressing;
import dev.tunbridge.bridge.net.TunNetwork;
import dev.tunbridge.bridge.net.WayView;
import dev.tunbridge.bridge.path.PathTuner;
import dev.tunbridge.bridge.path.TuningOptions;
import dev.tunbridge.bridge.tun.LinuxTunDevice;
import dev.tunbridge.bridge.tun.TunDevice;
import dev.tunbridge.bridge.tun.TunOptions;
import dev.tunbridge.bridge.tunnel.NetworkSetup;
import dev.tunbridge.linux.Interfaces;
import java.io.IOException;
import java.net.InetAddress;
import java.util.Collection;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a configuration means for Linux. */
final class LinuxDevices {
    private static final Logger LOG = LoggerFactory.getLogger(LinuxDevices.class);

    private LinuxDevices() {}

    static TunDevice device(BridgeConfig config) throws IOException {
        return LinuxTunDevice.create(new TunOptions(
                config.get(Settings.TUN_NAME),
                config.get(Settings.TUN_OFFLOAD) ? TunOptions.Offload.ON : TunOptions.Offload.OFF,
                config.get(Settings.TUN_COALESCE) ? TunOptions.Coalescing.ON : TunOptions.Coalescing.OFF,
                config.get(Settings.TUN_BACKPRESSURE) == Backpressure.AUTO
                        ? TunOptions.Backpressure.WHERE_OFFERED
                        : TunOptions.Backpressure.OFF));
    }

    /** Routes of the other family belong to another tunnel of the same configuration. */
    private static boolean isSameFamily(Prefix route, TunnelInfo tunnel) {
        boolean isSame =
                route.address().getAddress().length == tunnel.deviceAddress().getAddress().length;
        if (!isSame) {
            LOG.warn("routes: {} is not of the tunnel's address family, left out", route);
        }
        return isSame;
    }

    static NetworkSetup networkSetup(BridgeConfig config) {
        return new LinuxNetwork(config);
    }

    /** The kernel's own. */
    private static final class LinuxNetwork implements NetworkSetup {
        private final BridgeConfig config;
        private final TunNetwork network;

        LinuxNetwork(BridgeConfig config) {
            this.config = config;
            network = TunNetwork.of(config.get(Settings.TUN_NAME));
        }

        @Override
        public Undo open() throws IOException {
            network.open();
            return new Applied(network);
        }

        @Override
        public Undo setUp(TunnelInfo tunnel) throws IOException {
            network.apply(new TunAddressing(
                    tunnel.device(),
                    tunnel.deviceAddress(),
                    tunnel.prefixLength(),
                    tunnel.mtu(),
                    config.get(Settings.TUN_TX_QUEUE_LENGTH),
                    config.get(Settings.ROUTES).stream()
                            .filter(route -> isSameFamily(route, tunnel))
                            .toList(),
                    config.get(Settings.SOURCE_RULE)
                            ? TunAddressing.SourceRule.PRESENT
                            : TunAddressing.SourceRule.ABSENT,
                    config.get(Settings.SOURCE_RULE_PRIORITY),
                    config.get(Settings.TUN_OVERLAP) == OverlapPolicy.REFUSE
                            ? TunAddressing.Overlaps.REFUSE
                            : TunAddressing.Overlaps.WARN));
            return new Applied(network);
        }

        @Override
        public Optional<HostWatch> watch(String device, Concerns.Listener listener) throws IOException {
            Concerns concerns = new Concerns(Interfaces.index(device));
            return Optional.of(HostWatch.open(change -> listener.onChange(change, concerns.of(change))));
        }

        @Override
        public WayView ways(Collection<InetAddress> servers) throws IOException {
            return WayView.look(servers);
        }

        @Override
        public Optional<PathTuner> tuner(String device) throws IOException {
            return Optional.of(PathTuner.open(TuningOptions.of(config), device));
        }
    }

    /** What the kernel was told. */
    private record Applied(TunNetwork network) implements NetworkSetup.Undo {
        @Override
        public void undo() throws IOException {
            network.close();
        }

        @Override
        public TunNetwork.Condition condition() throws IOException {
            return network.condition();
        }
    }
}
