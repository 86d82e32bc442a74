package dev.tunbridge.bridge;

import dev.tunbridge.bridge.answers.AnswerMarks;
import dev.tunbridge.bridge.answers.AnswerMode;
import dev.tunbridge.bridge.answers.HostNetworks;
import dev.tunbridge.bridge.answers.LinuxHostNetworks;
import dev.tunbridge.bridge.answers.MappingChoice;
import dev.tunbridge.bridge.answers.NoHost;
import dev.tunbridge.bridge.answers.PoolClaims;
import dev.tunbridge.bridge.config.Backpressure;
import dev.tunbridge.bridge.config.BridgeConfig;
import dev.tunbridge.bridge.config.OverlapPolicy;
import dev.tunbridge.bridge.config.Settings;
import dev.tunbridge.bridge.filter.Prefix;
import dev.tunbridge.bridge.local.SourceMode;
import dev.tunbridge.bridge.net.Concerns;
import dev.tunbridge.bridge.net.HostWatch;
import dev.tunbridge.bridge.net.ServiceAddressing;
import dev.tunbridge.bridge.net.ServiceNetwork;
import dev.tunbridge.bridge.net.TunAddressing;
import dev.tunbridge.bridge.net.TunNetwork;
import dev.tunbridge.bridge.net.WayView;
import dev.tunbridge.bridge.path.PathTuner;
import dev.tunbridge.bridge.path.TuningOptions;
import dev.tunbridge.bridge.tun.LinuxTunDevice;
import dev.tunbridge.bridge.tun.NoTunDevice;
import dev.tunbridge.bridge.tun.TunDevice;
import dev.tunbridge.bridge.tun.TunOptions;
import dev.tunbridge.bridge.tunnel.NetworkSetup;
import dev.tunbridge.linux.Capability;
import dev.tunbridge.linux.Interfaces;
import dev.tunbridge.linux.netlink.AddressFamily;
import java.io.IOException;
import java.net.InetAddress;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a configuration means for Linux. */
final class LinuxDevices {
    private static final Logger LOG = LoggerFactory.getLogger(LinuxDevices.class);

    private LinuxDevices() {}

    /** @param isPackets whether packets travel; without, nothing of the host is changed, and no right is needed */
    static TunDevice device(BridgeConfig config, boolean isPackets) throws IOException {
        if (!isPackets) {
            if (config.get(Settings.RELAY_SOURCE) == SourceMode.CLIENT && !Capability.CAP_NET_ADMIN.isEffective()) {
                throw new BridgeException(
                        BridgeException.Reason.PERMISSION,
                        "CAP_NET_ADMIN is missing, which relay.source=client needs: run as root, or with that capability, or with"
                                + " relay.source=proxy-v2, which needs none");
            }
            return new NoTunDevice(config.get(Settings.TUN_NAME) + " (no device)");
        }
        if (!Capability.CAP_NET_ADMIN.isEffective()) { // said here and not when the first session wants its routes
            throw new BridgeException(
                    BridgeException.Reason.PERMISSION,
                    "CAP_NET_ADMIN is missing, which " + config.get(Settings.TUN_NAME)
                            + ", its address and its routes need: run as root, or with that capability (and CAP_NET_RAW, to"
                            + " deliver past a hole)");
        }
        return LinuxTunDevice.create(new TunOptions(
                config.get(Settings.TUN_NAME),
                config.get(Settings.TUN_OFFLOAD) ? TunOptions.Offload.ON : TunOptions.Offload.OFF,
                config.get(Settings.TUN_COALESCE) ? TunOptions.Coalescing.ON : TunOptions.Coalescing.OFF,
                config.get(Settings.TUN_BACKPRESSURE) == Backpressure.AUTO
                        ? TunOptions.Backpressure.WHERE_OFFERED
                        : TunOptions.Backpressure.OFF));
    }

    static NetworkSetup networkSetup(BridgeConfig config) {
        return new LinuxNetwork(config);
    }

    /** Where there is no device: the host's routes are looked at, and what virtual sockets need is set. */
    static NetworkSetup withoutDevice(BridgeConfig config) {
        return new NoDevice(config);
    }

    /** For a device that needs nothing of the kernel, such as the in-memory one. */
    static NetworkSetup withoutKernel(BridgeConfig config) {
        return new NoNetwork(config);
    }

    private static TunAddressing.Overlaps overlaps(BridgeConfig config) {
        return config.get(Settings.TUN_OVERLAP) == OverlapPolicy.REFUSE
                ? TunAddressing.Overlaps.REFUSE
                : TunAddressing.Overlaps.WARN;
    }

    private static MappingChoice mapping(
            BridgeConfig config, TunnelInfo tunnel, InetAddress outerServer, HostNetworks host) throws IOException {
        return MappingChoice.of(
                new MappingChoice.Wanted(
                        config.get(Settings.MAPPING),
                        config.get(Settings.MAPPING_POOL),
                        config.get(Settings.ANSWERS),
                        config.get(Settings.MAPPING_ENTRIES),
                        config.get(Settings.ALLOW)),
                new MappingChoice.Reach(
                        tunnel.device(),
                        AddressFamily.of(tunnel.deviceAddress()),
                        tunnel.reached(config.get(Settings.ROUTES)),
                        List.of(Prefix.of(outerServer, outerServer.getAddress().length * Byte.SIZE))),
                host);
    }

    /** The way to the server is followed, and services find the device's address and the way back to clients, where they are to see them. */
    private static final class NoDevice implements NetworkSetup {
        /** No interface has it. */
        private static final int NO_INDEX = 0;

        private final BridgeConfig config;
        private final SourceMode source;
        private final ServiceNetwork network = new ServiceNetwork();

        NoDevice(BridgeConfig config) {
            this.config = config;
            source = config.get(Settings.RELAY_SOURCE);
        }

        @Override
        public Undo setUp(TunnelInfo tunnel, Optional<Prefix> pool) throws IOException {
            if (!source.needsAddress()) {
                return () -> {};
            }
            network.apply(new ServiceAddressing(
                    tunnel.deviceAddress(),
                    overlaps(config),
                    source == SourceMode.CLIENT ? Optional.of(answers()) : Optional.empty()));
            return new Undo() {
                @Override
                public void undo() throws IOException {
                    network.close();
                }

                @Override
                public TunNetwork.Condition condition() throws IOException {
                    return network.condition();
                }
            };
        }

        private ServiceAddressing.Answers answers() {
            return new ServiceAddressing.Answers(
                    config.get(Settings.SOURCES), config.get(Settings.SOURCE_RULE_PRIORITY));
        }

        @Override
        public Optional<HostWatch> watch(String device, Concerns.Listener listener) throws IOException {
            return Optional.of(
                    HostWatch.open(source.needsAddress() ? ServiceNetwork.LOOPBACK_INDEX : NO_INDEX, listener));
        }

        @Override
        public WayView ways(Collection<InetAddress> servers) throws IOException {
            return WayView.look(servers);
        }
    }

    /** Nothing of the system is touched or asked. */
    private record NoNetwork(BridgeConfig config) implements NetworkSetup {
        @Override
        public MappingChoice mapping(TunnelInfo tunnel, InetAddress outerServer) throws IOException {
            return LinuxDevices.mapping(config, tunnel, outerServer, new NoHost());
        }

        @Override
        public Undo setUp(TunnelInfo tunnel, Optional<Prefix> pool) {
            return () -> {};
        }
    }

    /** The kernel's own. */
    private static final class LinuxNetwork implements NetworkSetup {
        private final BridgeConfig config;
        private final TunNetwork network;
        private final Set<Prefix> leftOut = new HashSet<>();
        private final AnswerMarks marks;

        LinuxNetwork(BridgeConfig config) {
            this.config = config;
            network = TunNetwork.of(config.get(Settings.TUN_NAME));
            marks = AnswerMarks.of(config.get(Settings.TUN_NAME));
        }

        @Override
        public MappingChoice mapping(TunnelInfo tunnel, InetAddress outerServer) throws IOException {
            return PoolClaims.claim(
                    tunnel.device(),
                    claimed -> LinuxDevices.mapping(config, tunnel, outerServer, new LinuxHostNetworks(claimed)));
        }

        @Override
        public Undo open() throws IOException {
            network.open();
            return new Applied(network, marks);
        }

        @Override
        public Undo setUp(TunnelInfo tunnel, Optional<Prefix> pool) throws IOException {
            PoolClaims.keep(tunnel.device(), pool);
            network.apply(new TunAddressing(
                    tunnel.device(),
                    tunnel.deviceAddress(),
                    tunnel.prefixLength(),
                    tunnel.mtu(),
                    config.get(Settings.TUN_TX_QUEUE_LENGTH),
                    Stream.concat(
                                    config.get(Settings.ROUTES).stream().filter(route -> isOfFamily(route, tunnel)),
                                    pool.stream())
                            .toList(),
                    config.get(Settings.SOURCE_RULE)
                            ? TunAddressing.SourceRule.PRESENT
                            : TunAddressing.SourceRule.ABSENT,
                    config.get(Settings.SOURCE_RULE_PRIORITY),
                    overlaps(config),
                    config.get(Settings.ANSWERS) == AnswerMode.MARK
                            ? TunAddressing.MarkRule.PRESENT
                            : TunAddressing.MarkRule.ABSENT));
            applyMarks();
            return new Applied(network, marks);
        }

        /** Routes of the other family belong to another tunnel of the same configuration. Said once, not at each session. */
        private boolean isOfFamily(Prefix route, TunnelInfo tunnel) {
            boolean is = AddressFamily.of(route.address()) == AddressFamily.of(tunnel.deviceAddress());
            if (!is && leftOut.add(route)) {
                LOG.warn("{}: route {} is not of the tunnel's address family, left out", tunnel.device(), route);
            }
            return is;
        }

        /** Without a mark there is no table either. */
        private void applyMarks() throws IOException {
            try {
                if (network.mark().isPresent()) {
                    marks.apply(network.mark().getAsInt());
                } else {
                    marks.close();
                }
            } catch (IOException e) {
                try {
                    new Applied(network, marks).undo();
                } catch (IOException notTakenBack) {
                    e.addSuppressed(notTakenBack);
                }
                throw e;
            }
        }

        @Override
        public Optional<HostWatch> watch(String device, Concerns.Listener listener) throws IOException {
            return Optional.of(HostWatch.open(Interfaces.index(device), listener));
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
    private record Applied(TunNetwork network, AnswerMarks marks) implements NetworkSetup.Undo {
        @Override
        public void undo() throws IOException {
            PoolClaims.release(network.device());
            try {
                marks.close();
            } finally {
                network.close();
            }
        }

        @Override
        public TunNetwork.Condition condition() throws IOException {
            return network.condition();
        }
    }
}
