package dev.tunbridge.bridge;

import dev.tunbridge.bridge.config.BridgeConfig;
import dev.tunbridge.bridge.config.ConfigException;
import dev.tunbridge.bridge.config.FileFault;
import dev.tunbridge.bridge.config.Settings;
import dev.tunbridge.protocol.plugin.Plugins;
import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.jar.JarFile;

/** The plugins of a configuration: those of its JARs, and those that the application itself has on its class path. */
final class PluginJars {
    /** Those that were asked for: their classes stay, as some of them are in use until the process ends. */
    private static final Map<List<String>, Plugins> LOADED = new ConcurrentHashMap<>();

    private PluginJars() {}

    /** @throws ConfigException if a JAR cannot be read, or what is in it cannot be loaded */
    static Plugins load(BridgeConfig config) {
        return LOADED.computeIfAbsent(config.get(Settings.PLUGINS), PluginJars::load);
    }

    private static Plugins load(List<String> jars) {
        List<URL> urls = new ArrayList<>();
        for (String jar : jars) {
            urls.add(url(Path.of(jar)));
        }
        ClassLoader own = PluginJars.class.getClassLoader();
        ClassLoader loader = urls.isEmpty() ? own : new URLClassLoader("plugins", urls.toArray(URL[]::new), own);
        try {
            return Plugins.of(loader);
        } catch (IllegalArgumentException e) {
            throw ConfigException.of(Settings.PLUGINS.key(), String.valueOf(e.getMessage()), e);
        }
    }

    private static URL url(Path jar) {
        try {
            new JarFile(jar.toFile()).close(); // a class loader would pass over what is none, in silence
            return jar.toUri().toURL();
        } catch (MalformedURLException e) {
            throw new IllegalStateException(jar + " has no URL", e);
        } catch (IOException e) {
            throw ConfigException.of(
                    Settings.PLUGINS.key(), "cannot read the JAR " + jar + ": " + FileFault.reason(e), e);
        }
    }
}
