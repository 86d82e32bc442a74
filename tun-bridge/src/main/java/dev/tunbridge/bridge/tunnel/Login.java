package dev.tunbridge.bridge.tunnel;

import dev.tunbridge.bridge.config.BridgeConfig;
import dev.tunbridge.bridge.config.ConfigException;
import dev.tunbridge.bridge.config.Setting;
import dev.tunbridge.bridge.config.Settings;
import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.description.DescriptionException;
import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.protocol.message.MessageCodec;
import dev.tunbridge.protocol.message.Octets;
import dev.tunbridge.protocol.message.Value;
import dev.tunbridge.protocol.session.SessionDriver;
import dev.tunbridge.protocol.session.SessionScript.End;
import dev.tunbridge.protocol.session.Surroundings;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The protocol that a tunnel speaks, and what it says of itself at each login. Immutable.
 *
 * @param offered the carriages that configuration and protocol have in common
 * @param variables what the session script may ask for
 */
public record Login(Protocol protocol, Set<Carriage> offered, Map<String, Value> variables) {
    private static final int VERSION = 1;

    /** A frame that holds more than a datagram can be is no use. */
    private static final int MOST_DATAGRAM = 65_535;

    /** Variables of the tunnel and who gives them where no login does, in the order in which they are told. */
    private static final Map<String, Setting<?>> NEEDED = new TreeMap<>(Map.of(
            "tunnel.carriage", Settings.TUNNEL_CARRIAGE,
            "tunnel.device-address", Settings.TUNNEL_DEVICE_ADDRESS,
            "tunnel.prefix-length", Settings.TUNNEL_DEVICE_ADDRESS,
            "tunnel.server-address", Settings.TUNNEL_SERVER_ADDRESS,
            "tunnel.mtu", Settings.TUNNEL_MTU));

    private static final Surroundings MACHINE = new MachineSurroundings();

    public Login {
        offered = Set.copyOf(offered);
        variables = Map.copyOf(variables);
    }

    /**
     * What a configuration says to this protocol.
     *
     * @throws ConfigException if it allows no carriage that the protocol has, or lacks what the login does not say of the tunnel,
     *     or has what the login has no room for
     */
    public static Login of(BridgeConfig config, Protocol protocol) {
        Set<Carriage> possible = protocol.newCodec().carriages();
        Set<Carriage> offered = offered(config.get(Settings.CARRIAGE), possible);
        if (offered.isEmpty()) {
            throw uncarried(Settings.CARRIAGE, config, protocol, possible);
        }
        if (Carriage.partsOf(offered).contains(Carriage.SOCKET)) {
            VirtualSockets.check(config, offered.equals(Set.of(Carriage.SOCKET)));
        }
        Map<String, Value> variables = configured(config, offered);
        requireTunnel(config, protocol, possible, variables.keySet());
        protocol.session().unsayable(variables, MACHINE, protocol.messages()).ifPresent(fault -> {
            throw ConfigException.of(
                    fault.variable().startsWith("identity.") ? fault.variable() : Settings.FORMAT.key(),
                    "cannot be said to a server of format '" + protocol.format().name() + "': " + fault.reason());
        });
        protocol.session().emptyKey(variables).ifPresent(fault -> {
            throw ConfigException.of(
                    fault.variable(),
                    fault.reason() + " in the login of format '"
                            + protocol.format().name() + "'");
        });
        Login login = new Login(protocol, offered, variables);
        login.requirePlugins();
        return login;
    }

    private static ConfigException uncarried(
            Setting<?> setting, BridgeConfig config, Protocol protocol, Set<Carriage> possible) {
        return new ConfigException(
                setting.key(),
                config.text(setting),
                "what format '" + protocol.format().name() + "' can carry, " + possible);
    }

    /** What of these the protocol has frames for. */
    private static Set<Carriage> offered(List<Carriage> wanted, Set<Carriage> possible) {
        EnumSet<Carriage> offered = EnumSet.noneOf(Carriage.class);
        for (Carriage carriage : wanted) {
            EnumSet<Carriage> ways = EnumSet.copyOf(carriage.parts());
            ways.retainAll(possible);
            Carriage.of(ways).ifPresent(offered::add);
        }
        return offered;
    }

    /** What a plugin cannot use is refused before anything begins. */
    private void requirePlugins() {
        try {
            newCodec().close();
            newSession();
        } catch (DescriptionException e) {
            throw unusable(e);
        }
    }

    /**
     * A codec for who reads one direction of a connection, and takes no part in it.
     *
     * @param end whose it is
     * @throws ConfigException if a plugin cannot use the configuration
     */
    public static MessageCodec codecOf(BridgeConfig config, Protocol protocol, End end) {
        try {
            return protocol.newCodec(end, configured(config, Set.of()), MACHINE);
        } catch (DescriptionException e) {
            throw unusable(e);
        }
    }

    /** What the configuration says of the tunnel, for who reads a login and takes no part in it; the carriage too where there is one alone. */
    public static Map<String, Value> tunnelOf(BridgeConfig config, Protocol protocol) {
        Map<String, Value> said = tunnel(config);
        Set<Carriage> possible = protocol.newCodec().carriages();
        if (possible.size() == 1) {
            said.putIfAbsent(
                    "tunnel.carriage", new Value.Text(possible.iterator().next().key()));
        }
        return Map.copyOf(said);
    }

    private static ConfigException unusable(DescriptionException fault) {
        return ConfigException.of(Settings.FORMAT.key(), String.valueOf(fault.getMessage()), fault);
    }

    private static Map<String, Value> configured(BridgeConfig config, Set<Carriage> offered) {
        Map<String, Value> said = new HashMap<>(Map.of(
                "offer.version", new Value.Whole(VERSION),
                "offer.carriages",
                        new Value.Names(Carriage.partsOf(offered).stream()
                                .map(Carriage::key)
                                .collect(Collectors.toSet())),
                "identity.device-id", new Value.Text(config.get(Settings.DEVICE_ID)),
                "identity.token",
                        new Value.Bytes(Octets.of(config.get(Settings.TOKEN).getBytes(StandardCharsets.UTF_8)))));
        said.putAll(tunnel(config));
        return said;
    }

    /** What the configuration says of the tunnel. */
    private static Map<String, Value> tunnel(BridgeConfig config) {
        Map<String, Value> said = new HashMap<>();
        config.get(Settings.TUNNEL_CARRIAGE)
                .ifPresent(carriage -> said.put("tunnel.carriage", new Value.Text(carriage.key())));
        config.get(Settings.TUNNEL_MTU).ifPresent(mtu -> said.put("tunnel.mtu", new Value.Whole(mtu)));
        config.get(Settings.TUNNEL_SERVER_ADDRESS)
                .ifPresent(address -> said.put("tunnel.server-address", new Value.Address(address)));
        config.get(Settings.TUNNEL_DEVICE_ADDRESS).ifPresent(device -> {
            said.put("tunnel.device-address", new Value.Address(device.address()));
            said.put("tunnel.prefix-length", new Value.Whole(device.prefixLength()));
        });
        return said;
    }

    /** What neither the login nor the configuration says is refused before anything begins. */
    private static void requireTunnel(
            BridgeConfig config, Protocol protocol, Set<Carriage> possible, Set<String> configured) {
        Set<String> given = protocol.given();
        config.get(Settings.TUNNEL_CARRIAGE)
                .filter(carriage -> !given.contains("tunnel.carriage") && !possible.containsAll(carriage.parts()))
                .ifPresent(carriage -> {
                    throw uncarried(Settings.TUNNEL_CARRIAGE, config, protocol, possible);
                });
        for (Map.Entry<String, Setting<?>> needed : NEEDED.entrySet()) {
            if (!given.contains(needed.getKey()) && !configured.contains(needed.getKey())) {
                Setting<?> setting = needed.getValue();
                throw new ConfigException(
                        setting.key(),
                        config.text(setting),
                        setting.type().allowed().replace(", or nothing", "") + "; the login of '"
                                + protocol.format().name() + "' does not say it");
            }
        }
    }

    /** The most of a channel's bytes that a frame holds; 0 where no virtual sockets are offered. */
    int channelBytes() {
        return isSockets() ? Math.min(protocol.newCodec().maxDataBytes(), MOST_DATAGRAM) : 0;
    }

    /** Whether a device is needed: there is a carriage that has packets. */
    public boolean isPackets() {
        return !offered.equals(Set.of(Carriage.SOCKET));
    }

    /** Whether virtual sockets are offered. */
    public boolean isSockets() {
        return Carriage.partsOf(offered).contains(Carriage.SOCKET);
    }

    /** For one connection. */
    SessionDriver newSession() {
        return protocol.newSession(variables, MACHINE);
    }

    /** For one connection. */
    MessageCodec newCodec() {
        return protocol.newCodec(End.CLIENT, variables, MACHINE);
    }
}
