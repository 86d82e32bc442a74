package dev.tunbridge.bridge.service;

import dev.tunbridge.linux.LinuxException;
import dev.tunbridge.protocol.message.Message;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Loads classes before they are needed. A service runs for months, and meanwhile its jars may be replaced or removed: what a
 * reconnect or an end needs must be in memory by then. And a JVM with an archive of what this loads ({@code -XX:DumpLoadedClassList})
 * starts a tunnel in half the time; to open one, instead, would take rights and a network.
 */
final class ClassRehearsal {
    private static final Pattern JARS = Pattern.compile(
            "(tun-bridge|raw-reassembly|legacy-protocol|sim-server|netty-(common|buffer|transport|handler|resolver)|jna|logback|slf4j|picocli).*");

    /** Of other commands than the one that runs for months. */
    private static final Pattern NOT_RUNNING =
            Pattern.compile("dev/tunbridge/bridge/(replay|service/(Replay|Capture)).*");

    /**
     * What reconnects and ends use of libraries, a class a line, with {@code $*} for all that is nested in it; tests name what is missing.
     * How far a loop comes while the process ends is a matter of luck, so what was seen once is no whole list.
     */
    private static final String OF_LIBRARIES = "late-classes.txt";

    private static final String CLASS = ".class";

    private static final String ALL_NESTED = "$*";

    private static final Logger LOG = LoggerFactory.getLogger(ClassRehearsal.class);

    private ClassRehearsal() {}

    /** Run by the build; takes no arguments. */
    public static void main(String[] arguments) throws IOException {
        for (String path : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
            File jar = new File(path);
            if (JARS.matcher(jar.getName()).matches() && jar.isFile()) {
                entries(jar).forEach(ClassRehearsal::loadEntry);
            }
        }
        Main.main(new String[] {"check", "--server", "198.18.0.2:7000"});
    }

    /** All of the project's own classes, and of the libraries' those that are needed late. */
    static void loadAll() {
        try {
            for (Class<?> witness : List.of(ClassRehearsal.class, LinuxException.class, Message.class)) {
                entriesBeside(witness).forEach(ClassRehearsal::loadEntry);
            }
            try (InputStream names = ClassRehearsal.class.getResourceAsStream(OF_LIBRARIES)) {
                if (names != null) {
                    loadListed(new String(names.readAllBytes(), StandardCharsets.UTF_8));
                }
            }
        } catch (IOException | URISyntaxException e) {
            LOG.debug("classes are loaded when they are needed", e);
        }
    }

    private static void loadListed(String lines) throws IOException, URISyntaxException {
        Map<CodeSource, List<String>> jars = new HashMap<>(); // each read once
        for (String line : lines.lines().toList()) {
            boolean isWithNested = line.endsWith(ALL_NESTED);
            String name = isWithNested ? line.substring(0, line.length() - ALL_NESTED.length()) : line;
            Class<?> loaded = load(name);
            if (!isWithNested || loaded == null) {
                continue;
            }
            CodeSource jar = loaded.getProtectionDomain().getCodeSource();
            List<String> entries = jars.get(jar);
            if (entries == null) {
                entries = entriesBeside(loaded);
                jars.put(jar, entries);
            }
            String nested = name.replace('.', '/') + "$";
            entries.stream().filter(entry -> entry.startsWith(nested)).forEach(ClassRehearsal::loadEntry);
        }
    }

    /** Whatever lies in the same jar or folder. */
    private static List<String> entriesBeside(Class<?> witness) throws IOException, URISyntaxException {
        CodeSource source = witness.getProtectionDomain().getCodeSource();
        if (source == null || source.getLocation() == null) {
            return List.of();
        }
        Path place = Path.of(source.getLocation().toURI());
        if (!Files.isDirectory(place)) {
            return entries(place.toFile());
        }
        try (Stream<Path> files = Files.walk(place)) {
            return files.map(file -> place.relativize(file).toString()).toList();
        }
    }

    private static List<String> entries(File file) throws IOException {
        try (JarFile jar = new JarFile(file)) {
            return jar.stream().map(JarEntry::getName).toList();
        }
    }

    private static void loadEntry(String name) {
        if (name.endsWith(CLASS)
                && !name.contains("META-INF")
                && !name.contains("-info")
                && !NOT_RUNNING.matcher(name).matches()) {
            load(name.substring(0, name.length() - CLASS.length()).replace('/', '.'));
        }
    }

    private static @Nullable Class<?> load(String name) {
        try {
            return Class.forName(name, false, ClassRehearsal.class.getClassLoader());
        } catch (ClassNotFoundException | LinkageError e) {
            LOG.trace("a part of a library for something that is not here", e);
            return null;
        }
    }
}
