package dev.tunbridge.bridge.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/** A YAML file of settings: nesting becomes dots, lists become commas. */
public final class ConfigFile {

    /** A configuration is a page, not a book; a file beyond this is a mistake. */
    private static final long MAX_FILE_BYTES = 1 << 20;

    private ConfigFile() {}

    /** Reads the file over the defaults; every fault is a {@link ConfigException} that names the file. */
    public static BridgeConfig load(Path file) {
        String source = file.toString();
        try {
            if (Files.size(file) > MAX_FILE_BYTES) {
                throw ConfigException.of(source, "larger than 1 MiB; that is no configuration");
            }
            return parse(Files.readString(file), source);
        } catch (IOException e) {
            throw ConfigException.of(source, "cannot be read: " + FileFault.reason(e), e);
        }
    }

    static BridgeConfig parse(String yaml, String source) {
        Object root;
        try {
            root = new Load(LoadSettings.builder().setLabel(source).build()).loadFromString(yaml);
        } catch (YamlEngineException | IllegalArgumentException e) { // the latter of a tag like !%5
            throw ConfigException.of(source, "not YAML: " + firstLines(e.getMessage()));
        }
        Map<String, String> flat = new LinkedHashMap<>();
        if (root != null) {
            flatten("", root, flat, source);
        }
        try {
            return BridgeConfig.defaults().with(flat);
        } catch (ConfigException e) {
            throw ConfigException.of(source, String.valueOf(e.getMessage()));
        }
    }

    private static void flatten(String prefix, @Nullable Object node, Map<String, String> flat, String source) {
        if (node instanceof Map<?, ?> map) {
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                String name = String.valueOf(entry.getKey());
                flatten(prefix.isEmpty() ? name : prefix + "." + name, entry.getValue(), flat, source);
            }
        } else if (prefix.isEmpty()) {
            throw ConfigException.of(source, "expected keys and values, found " + node);
        } else if (node instanceof List<?> list) {
            flat.put(prefix, list.stream().map(String::valueOf).collect(Collectors.joining(",")));
        } else {
            flat.put(prefix, node == null ? "" : String.valueOf(node));
        }
    }

    private static String firstLines(@Nullable String message) {
        return message == null ? "unreadable" : message.strip().replaceAll("\\s*\\n\\s*", " ");
    }
}
