package dev.tunbridge.bridge.config;

import dev.tunbridge.protocol.description.Leaf;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Makes the configuration of a service of files and of what the command line says over them.
 *
 * <p>A file has either the settings of one tunnel, which is called by its device, or {@code tunnels:} with the settings of each
 * by name; what stands beside {@code tunnels:} holds for each of its tunnels that does not say otherwise. A folder is read as one
 * file. The service's own settings stand beside the tunnels' in any file, once.
 */
public final class ConfigReader {
    static final String TUNNELS = "tunnels";

    private static final String NAME_ALLOWED = "1 to 32 letters, digits, '-' or '_'";
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]{1,32}");

    private final List<Path> files;
    private final Map<String, String> changes;
    private final UnaryOperator<@Nullable String> environment;

    private ConfigReader(List<Path> files, Map<String, String> changes, UnaryOperator<@Nullable String> environment) {
        this.files = List.copyOf(files);
        this.changes = new LinkedHashMap<>(changes);
        this.environment = environment;
    }

    /**
     * Reads all anew.
     *
     * @param files files or folders; none: one tunnel of what the changes say
     * @param changes over the files, by key: of the service, of one tunnel ({@code tunnels.NAME.KEY}), or of all tunnels
     * @throws ConfigException for the first fault
     */
    public static ServiceConfig read(List<Path> files, Map<String, String> changes) {
        return read(files, changes, System::getenv);
    }

    static ServiceConfig read(
            List<Path> files, Map<String, String> changes, UnaryOperator<@Nullable String> environment) {
        return new ConfigReader(files, changes, environment).read();
    }

    /** One tunnel's settings, of text. */
    static BridgeConfig parse(String yaml, String source) {
        ConfigReader reader = new ConfigReader(List.of(), Map.of(), name -> null);
        Map<String, String> service = new LinkedHashMap<>();
        return reader.tunnels(ConfigFile.parse(yaml, source), service).get(0).config();
    }

    private ServiceConfig read() {
        Map<String, String> service = new LinkedHashMap<>();
        List<TunnelConfig> tunnels = new ArrayList<>();
        if (files.isEmpty()) {
            tunnels.add(tunnel("", "", Map.of(), Map.of()));
        }
        for (Path file : files) {
            tunnels.addAll(tunnels(ConfigFile.load(file, environment), service));
        }
        Set<String> names = new LinkedHashSet<>();
        tunnels.forEach(tunnel -> names.add(tunnel.name()));
        changes.forEach((key, value) -> change(key, value, names, service));
        refuseDoubles(tunnels);
        return new ServiceConfig(service, tunnels);
    }

    /** A change of the service takes effect here; one of a tunnel has its tunnel, or its fault is told. */
    private static void change(String key, String value, Collection<String> names, Map<String, String> service) {
        if (ServiceSettings.has(key)) {
            service.put(key, value);
        } else if (key.startsWith(TUNNELS + ".")) {
            String name = nameIn(key);
            if (!names.contains(name)) {
                throw ConfigException.of(key, "there is no such tunnel; allowed " + String.join(", ", names));
            }
        } else {
            Settings.byKey(key);
        }
    }

    /** What a file's tunnels are; what it says of the service is added to the rest. */
    private List<TunnelConfig> tunnels(ConfigFile file, Map<String, String> service) {
        Map<String, Leaf> shared = new LinkedHashMap<>();
        Map<String, Map<String, Leaf>> own = new LinkedHashMap<>();
        file.tunnels().forEach(name -> own.put(name, new LinkedHashMap<>()));
        file.said().forEach((key, leaf) -> {
            if (ServiceSettings.has(key)) {
                serve(leaf, file, service);
            } else if (tunnelIn(key).isPresent()) {
                String name = nameIn(key);
                own.computeIfAbsent(name, other -> new LinkedHashMap<>())
                        .put(key.substring(TUNNELS.length() + name.length() + 2), leaf);
            } else {
                shared.put(key, leaf);
            }
        });
        refuseUnknown(shared, known(true));
        if (own.isEmpty()) {
            return List.of(tunnel("", file.source(), shared, file.texts()));
        }
        List<TunnelConfig> tunnels = new ArrayList<>();
        own.forEach((name, said) -> {
            if (!NAME.matcher(name).matches()) {
                throw ConfigException.of(TUNNELS, "'" + name + "' is no name of a tunnel; allowed: " + NAME_ALLOWED);
            }
            refuseUnknown(said, known(false));
            Map<String, Leaf> all = new LinkedHashMap<>(shared);
            all.putAll(said);
            tunnels.add(tunnel(name, file.source(), all, file.texts()));
        });
        return tunnels;
    }

    private static void serve(Leaf leaf, ConfigFile file, Map<String, String> service) {
        String text = String.valueOf(file.texts().get(leaf.key()));
        String before = service.putIfAbsent(leaf.key(), text);
        if (before != null) {
            throw ConfigException.of(leaf.atKey("is said by another file too; allowed: once"));
        }
        ServiceSettings.all().stream()
                .filter(setting -> setting.key().equals(leaf.key()))
                .forEach(setting -> {
                    try {
                        setting.parse(text);
                    } catch (ConfigException e) {
                        throw ConfigException.of(leaf.refuse(e.reason()));
                    }
                });
    }

    /** @param isShared whether it stands beside {@code tunnels} */
    private static Collection<String> known(boolean isShared) {
        Set<String> known = new TreeSet<>();
        Settings.all().forEach(setting -> known.add(setting.key()));
        if (isShared) {
            ServiceSettings.all().forEach(setting -> known.add(setting.key()));
            known.add(TUNNELS);
        }
        return known;
    }

    private static void refuseUnknown(Map<String, Leaf> said, Collection<String> known) {
        said.forEach((key, leaf) -> {
            if (ServiceSettings.has(key)) {
                throw ConfigException.of(leaf.atKey("is a setting of the service; allowed: beside " + TUNNELS));
            }
            if (!known.contains(key) || key.equals(TUNNELS)) {
                throw ConfigException.of(leaf.unknown(key, known, "'tunbridge check --settings' lists all"));
            }
        });
    }

    /** @param name empty: that of its device */
    private TunnelConfig tunnel(String name, String source, Map<String, Leaf> said, Map<String, String> texts) {
        Map<String, String> values = new LinkedHashMap<>();
        said.forEach((key, leaf) -> values.put(key, String.valueOf(texts.get(leaf.key()))));
        TunnelConfig written = new TunnelConfig(name, BridgeConfig.defaults(), source, said);
        BridgeConfig config;
        try {
            config = BridgeConfig.defaults().with(values);
        } catch (ConfigException e) {
            throw said.containsKey(e.key()) ? written.locate(e) : e;
        }
        Map<String, String> own = new LinkedHashMap<>();
        String named = name.isEmpty() ? changed(Settings.TUN_NAME, config) : name;
        changes.forEach((key, value) -> {
            if (key.startsWith(TUNNELS + "." + named + ".")) {
                own.put(key.substring(TUNNELS.length() + named.length() + 2), value);
            } else if (!key.startsWith(TUNNELS + ".") && !ServiceSettings.has(key)) {
                own.putIfAbsent(key, value);
            }
        });
        Map<String, Leaf> left = new HashMap<>(said);
        left.keySet().removeAll(own.keySet()); // a fault of these is not the file's
        TunnelConfig changed = new TunnelConfig(named, config.with(own), source, left);
        try {
            return changed.with(Secrets.resolve(changed.config()));
        } catch (ConfigException e) {
            throw left.containsKey(e.key()) ? changed.locate(e) : e;
        }
    }

    private String changed(Setting<String> setting, BridgeConfig config) {
        return changes.getOrDefault(setting.key(), config.get(setting));
    }

    /** Of which tunnel a key says something. */
    static Optional<String> tunnelIn(String key) {
        boolean isOfOne = key.startsWith(TUNNELS + ".") && key.indexOf('.', TUNNELS.length() + 1) > 0;
        return isOfOne ? Optional.of(nameIn(key)) : Optional.empty();
    }

    private static String nameIn(String key) {
        int from = TUNNELS.length() + 1;
        int end = key.indexOf('.', from);
        return key.substring(from, end < 0 ? key.length() : end);
    }

    private static void refuseDoubles(List<TunnelConfig> tunnels) {
        Map<String, TunnelConfig> devices = new HashMap<>();
        Map<String, TunnelConfig> names = new HashMap<>();
        for (TunnelConfig tunnel : tunnels) {
            String device = tunnel.config().get(Settings.TUN_NAME);
            TunnelConfig other = devices.putIfAbsent(device, tunnel);
            if (other != null) {
                throw tunnel.locate(ConfigException.of(
                        Settings.TUN_NAME.key(),
                        "is '" + device + "'" + in(tunnel) + ", as that of tunnel '" + other.name() + "'" + in(other)
                                + "; allowed: another for each"));
            }
            TunnelConfig namesake = names.putIfAbsent(tunnel.name(), tunnel);
            if (namesake != null) {
                throw ConfigException.of(
                        TUNNELS,
                        "'" + tunnel.name() + "' is there twice," + in(namesake) + " and" + in(tunnel)
                                + "; allowed: once");
            }
        }
    }

    private static String in(TunnelConfig tunnel) {
        return tunnel.source().isEmpty() ? "" : " in " + tunnel.source();
    }
}
