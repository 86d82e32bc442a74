package dev.tunbridge.bridge.tunnel;

import dev.tunbridge.bridge.config.BridgeConfig;
import dev.tunbridge.bridge.config.ConfigException;
import dev.tunbridge.bridge.config.Settings;
import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.protocol.message.Octets;
import dev.tunbridge.protocol.message.Value;
import dev.tunbridge.protocol.session.Session;
import dev.tunbridge.protocol.session.Surroundings;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The protocol that a tunnel speaks, and what it says of itself at each login. Immutable.
 *
 * @param offered the carriages that configuration and protocol have in common
 * @param variables what the session script may ask for
 */
public record Login(Protocol protocol, Set<Carriage> offered, Map<String, Value> variables) {
    private static final int VERSION = 1;

    private static final Surroundings MACHINE = new MachineSurroundings();

    public Login {
        offered = Set.copyOf(offered);
        variables = Map.copyOf(variables);
    }

    /**
     * What a configuration says to this protocol.
     *
     * @throws ConfigException if it allows no carriage that the protocol has
     */
    public static Login of(BridgeConfig config, Protocol protocol) {
        EnumSet<Carriage> offered = EnumSet.copyOf(config.get(Settings.CARRIAGE));
        Set<Carriage> possible = protocol.newCodec().carriages();
        offered.retainAll(possible);
        if (offered.isEmpty()) {
            throw new ConfigException(
                    Settings.CARRIAGE.key(),
                    config.text(Settings.CARRIAGE),
                    "what format '" + protocol.format().name() + "' can carry, " + possible);
        }
        return new Login(
                protocol,
                offered,
                Map.of(
                        "offer.version", new Value.Whole(VERSION),
                        "offer.carriages",
                                new Value.Names(
                                        offered.stream().map(Carriage::key).collect(Collectors.toSet())),
                        "identity.device-id", new Value.Text(config.get(Settings.DEVICE_ID)),
                        "identity.token",
                                new Value.Bytes(
                                        Octets.of(config.get(Settings.TOKEN).getBytes(StandardCharsets.UTF_8)))));
    }

    /** For one connection. */
    Session newSession() {
        return Session.client(protocol.session(), protocol.format(), variables, MACHINE);
    }
}
