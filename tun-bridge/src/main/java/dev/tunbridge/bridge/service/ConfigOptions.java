package dev.tunbridge.bridge.service;

import dev.tunbridge.bridge.config.BridgeConfig;
import dev.tunbridge.bridge.config.ConfigException;
import dev.tunbridge.bridge.config.ConfigReader;
import dev.tunbridge.bridge.config.ServiceConfig;
import dev.tunbridge.bridge.config.Settings;
import dev.tunbridge.bridge.config.TunnelConfig;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that make a configuration: a file, then the named options over it, then each {@code --set}. */
final class ConfigOptions {
    @Option(
            names = "--config",
            paramLabel = "FILE",
            description =
                    "YAML file of settings, or a folder of them; 'tunbridge check' explains it. One tunnel, or several by name"
                            + " below 'tunnels:'. 'run' and 'check' take several.")
    private List<Path> files = List.of();

    @Option(names = "--server", paramLabel = "HOST:PORT", description = "The third party's server.")
    private @Nullable String server;

    @Option(names = "--tun", paramLabel = "NAME", description = "Name of the TUN device (default: tb0).")
    private @Nullable String tun;

    @Option(
            names = "--format",
            paramLabel = "FILE",
            description = "Frame format: reference, plain-le, hdlc or a YAML description.")
    private @Nullable String format;

    @Option(
            names = "--plugin",
            paramLabel = "JAR",
            description = "Code that the format asks for, a session driver or a message mapper; may be repeated.")
    private List<String> plugins = List.of();

    @Option(names = "--token", paramLabel = "T", description = "The secret that the server asks for.")
    private @Nullable String token;

    @Option(names = "--set", paramLabel = "KEY=VALUE", description = "Sets any configuration key; may be repeated.")
    private List<String> settings = List.of();

    /** Whether any of them is given. */
    boolean isGiven() {
        return !files.isEmpty()
                || Stream.of(server, tun, format, token).anyMatch(Objects::nonNull)
                || !plugins.isEmpty()
                || !settings.isEmpty();
    }

    /** Of a command that takes one. */
    BridgeConfig config() {
        return only(service());
    }

    /** The one tunnel's settings, for a command that takes one. */
    static BridgeConfig only(ServiceConfig service) {
        List<TunnelConfig> tunnels = service.tunnels();
        if (tunnels.size() > 1) {
            throw new ConfigException("--config", tunnels.size() + " tunnels", "one, except with 'run' and 'check'");
        }
        return tunnels.get(0).config();
    }

    /** Whether there is anything that can be read anew. */
    boolean hasFiles() {
        return !files.isEmpty();
    }

    /** The service and its tunnels; read anew at each call. */
    ServiceConfig service() {
        if (files.size() > 1 && tun != null) {
            throw new ConfigException("--tun", tun, "one device name in each file, where there are several");
        }
        Map<String, String> changes = new LinkedHashMap<>();
        put(changes, Settings.SERVER.key(), server);
        put(changes, Settings.TUN_NAME.key(), tun);
        put(changes, Settings.FORMAT.key(), format);
        put(changes, Settings.TOKEN.key(), token);
        put(changes, Settings.PLUGINS.key(), listOf(plugins));
        changes.putAll(changes(settings));
        return ConfigReader.read(files, changes);
    }

    /** Each {@code KEY=VALUE} by its key; the last of one key counts. */
    static Map<String, String> changes(List<String> settings) {
        Map<String, String> changes = new LinkedHashMap<>();
        for (String setting : settings) {
            int equals = setting.indexOf('=');
            if (equals < 1) {
                throw new ConfigException("--set", setting, "KEY=VALUE");
            }
            changes.put(setting.substring(0, equals), setting.substring(equals + 1));
        }
        return changes;
    }

    /** The JARs of {@code --plugin} as the setting has them. */
    static @Nullable String listOf(List<String> plugins) {
        plugins.stream().filter(jar -> jar.contains(",")).findFirst().ifPresent(jar -> {
            throw new ConfigException("--plugin", jar, "the path of a JAR, without a comma");
        });
        return plugins.isEmpty() ? null : String.join(",", plugins);
    }

    static void put(Map<String, String> changes, String key, @Nullable String value) {
        if (value != null) {
            changes.put(key, value);
        }
    }
}
