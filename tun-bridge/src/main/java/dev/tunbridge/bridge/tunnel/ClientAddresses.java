package dev.tunbridge.bridge.tunnel;

import dev.tunbridge.bridge.TunnelInfo;
import dev.tunbridge.bridge.answers.MappingChoice;
import dev.tunbridge.bridge.answers.MappingMode;
import dev.tunbridge.bridge.config.BridgeConfig;
import dev.tunbridge.bridge.config.Settings;
import dev.tunbridge.bridge.filter.Prefix;
import dev.tunbridge.bridge.mapping.ClientMapping;
import dev.tunbridge.bridge.mapping.IdleTimes;
import dev.tunbridge.bridge.mapping.MappedDevice;
import dev.tunbridge.protocol.message.Carriage;
import java.io.IOException;
import java.net.InetAddress;
import java.security.SecureRandom;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether clients keep their addresses in a session, chosen at its beginning, told when it changes, and looked at again
 * while it lasts: a service that starts later may need what was not chosen.
 */
final class ClientAddresses {
    private static final Logger LOG = LoggerFactory.getLogger(ClientAddresses.class);

    private final BridgeConfig config;
    private final MappedDevice device;
    private final NetworkSetup networkSetup;

    // The blocking thread's.
    private String told = "";
    private boolean warned;

    ClientAddresses(BridgeConfig config, MappedDevice device, NetworkSetup networkSetup) {
        this.config = config;
        this.device = device;
        this.networkSetup = networkSetup;
    }

    // On the blocking thread

    /** The pool for this session; empty: clients keep their addresses. */
    Optional<Prefix> choose(TunnelInfo tunnel, InetAddress outerServer) throws IOException {
        MappingChoice choice = mapping(tunnel, outerServer);
        warned = false;
        String line = choice.pool()
                .map(pool -> "clients have addresses of " + pool + " on " + device.name() + ": " + choice.reason())
                .orElseGet(() -> "clients keep their addresses on " + device.name() + ": " + choice.reason());
        if (!line.equals(told)) {
            told = line;
            if (choice.pool().isPresent()) {
                LOG.warn("{}", line); // or nobody can explain the addresses that services see
            } else {
                LOG.info("{}", line);
            }
        }
        return choice.pool();
    }

    /** Clients of virtual sockets have no address on a device. */
    private MappingChoice mapping(TunnelInfo tunnel, InetAddress outerServer) throws IOException {
        return tunnel.carriage() == Carriage.SOCKET
                ? new MappingChoice(Optional.empty(), "no packets travel")
                : networkSetup.mapping(tunnel, outerServer);
    }

    /** Warns, once in a session, where clients would be given a pool now. */
    void look(TunnelInfo tunnel, InetAddress outerServer) throws IOException {
        if (warned) {
            return;
        }
        MappingChoice now = mapping(tunnel, outerServer);
        if (now.pool().isPresent()) {
            warned = true;
            LOG.warn(
                    "clients keep their addresses on {} in this session, but {}; they get a pool in the next one (mapping: pool"
                            + " gives it at once)",
                    device.name(),
                    now.reason());
        }
    }

    // On the loop

    /** Whether it is worth {@linkplain #look looking} again. */
    boolean mayChange() {
        return device.mapping() == null && config.get(Settings.MAPPING) == MappingMode.AUTO;
    }

    /** From now on; whoever has an address of this pool already keeps it. */
    void map(TunnelInfo tunnel, Optional<Prefix> pool) {
        if (pool.isEmpty()) {
            device.map(null);
            return;
        }
        ClientMapping mapping = device.mapping();
        if (mapping == null || !mapping.network().equals(pool.get())) {
            mapping = new ClientMapping(
                    pool.get(),
                    config.get(Settings.MAPPING_ENTRIES),
                    new IdleTimes(
                            config.get(Settings.MAPPING_IDLE_TCP),
                            config.get(Settings.MAPPING_IDLE_UDP),
                            config.get(Settings.MAPPING_IDLE_ICMP)),
                    new SecureRandom().nextLong());
        }
        mapping.keep(tunnel.reached(config.get(Settings.ROUTES)));
        device.map(mapping);
    }
}
