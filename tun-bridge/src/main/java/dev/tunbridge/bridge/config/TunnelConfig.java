package dev.tunbridge.bridge.config;

import dev.tunbridge.protocol.description.Leaf;
import java.util.Map;
import java.util.Optional;

/**
 * One tunnel as it was configured.
 *
 * @param name by which operators call it
 * @param config its settings, secrets included
 * @param source the file or folder that it stands in; empty for the command line
 * @param said where in a file each key was said, by key
 */
public record TunnelConfig(String name, BridgeConfig config, String source, Map<String, Leaf> said) {
    public TunnelConfig {
        said = Map.copyOf(said);
    }

    /** The same fault with its place in the file, where the key has one, else with the tunnel's name. */
    public ConfigException locate(ConfigException fault) {
        return Optional.ofNullable(said.get(fault.key()))
                .map(leaf -> ConfigException.of(leaf.refuse(fault.reason())))
                .orElseGet(() ->
                        ConfigException.of(ConfigReader.TUNNELS + "." + name + "." + fault.key(), fault.reason()));
    }

    /** With other settings; where they were said stays. */
    TunnelConfig with(BridgeConfig changed) {
        return new TunnelConfig(name, changed, source, said);
    }
}
