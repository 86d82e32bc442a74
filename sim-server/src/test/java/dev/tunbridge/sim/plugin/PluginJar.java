package dev.tunbridge.sim.plugin;

import dev.tunbridge.protocol.plugin.Plugins;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;

/** A JAR of the classes of one package, as a plugin's build makes it. */
final class PluginJar {
    private PluginJar() {}

    /**
     * Writes it.
     *
     * @param spi the interface that the factory implements
     */
    static Path write(Path jar, Class<?> spi, Class<?> factory) throws IOException, URISyntaxException {
        String inPath = factory.getName().replace('.', '/') + ".class";
        URL resource = Objects.requireNonNull(factory.getClassLoader().getResource(inPath), inPath);
        Path folder = Objects.requireNonNull(Path.of(resource.toURI()).getParent());
        String packagePath = inPath.substring(0, inPath.lastIndexOf('/') + 1);
        List<Path> classes;
        try (Stream<Path> files = Files.list(folder)) {
            classes = files.filter(file -> file.toString().endsWith(".class")).toList();
        }
        try (OutputStream file = Files.newOutputStream(jar);
                JarOutputStream out = new JarOutputStream(file)) {
            for (Path each : classes) {
                out.putNextEntry(new JarEntry(packagePath + each.getFileName()));
                Files.copy(each, out);
                out.closeEntry();
            }
            out.putNextEntry(new JarEntry("META-INF/services/" + spi.getName()));
            out.write(factory.getName().getBytes(StandardCharsets.UTF_8));
            out.closeEntry();
        }
        return jar;
    }

    /** What is in the JARs. They stay open: what is loaded of them may be used. */
    static Plugins load(Path... jars) throws IOException {
        URL[] urls = new URL[jars.length];
        for (int i = 0; i < jars.length; i++) {
            urls[i] = jars[i].toUri().toURL();
        }
        return Plugins.of(new URLClassLoader(urls, PluginJar.class.getClassLoader()));
    }
}
