package dev.tunbridge.protocol.plugin;

import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.message.Value;
import dev.tunbridge.protocol.session.SessionScript.End;
import dev.tunbridge.protocol.session.Surroundings;
import java.util.Map;
import java.util.Optional;

/**
 * What a plugin is given for one connection.
 *
 * @param end which of the two it is to be; a bridge is the client
 * @param format of the frames
 * @param configured what the configuration gives: {@code identity.device-id}, {@code identity.token}, {@code offer.carriages} and, as
 *     far as it is set, {@code tunnel.carriage}, {@code .mtu}, {@code .prefix-length}, {@code .device-address}, {@code .server-address}
 * @param with what the description gives the plugin, text by key
 * @param surroundings clock and dice
 */
public record Binding(
        End end,
        FrameFormat format,
        Map<String, Value> configured,
        Map<String, String> with,
        Surroundings surroundings) {
    public Binding {
        configured = Map.copyOf(configured);
        with = Map.copyOf(with);
    }

    /** What the configuration gives, where it gives it as this kind or can be read so. */
    public <V extends Value> Optional<V> configured(String name, Class<V> kind) {
        return Optional.ofNullable(configured.get(name))
                .map(value -> value.as(kind))
                .filter(kind::isInstance)
                .map(kind::cast);
    }
}
