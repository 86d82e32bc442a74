package dev.tunbridge.bridge.service;

import java.io.File;
import java.io.IOException;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.regex.Pattern;

/**
 * Loads the classes that a tunnel needs, and ends. A JVM that is told to archive its classes at exit ({@code
 * -XX:ArchiveClassesAtExit}) then starts a tunnel in half the time; to open one, instead, would take rights and a network.
 */
final class ClassRehearsal {
    private static final Pattern JARS = Pattern.compile(
            "(tun-bridge|raw-reassembly|legacy-protocol|sim-server|netty-(common|buffer|transport|handler|resolver)|jna|logback|slf4j|picocli).*");

    private ClassRehearsal() {}

    /** Run by the build; takes no arguments. */
    public static void main(String[] arguments) throws IOException {
        for (String path : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
            File jar = new File(path);
            if (JARS.matcher(jar.getName()).matches() && jar.isFile()) {
                load(jar);
            }
        }
        Main.main(new String[] {"check"});
    }

    private static void load(File file) throws IOException {
        List<String> names;
        try (JarFile jar = new JarFile(file)) {
            names = jar.stream()
                    .map(JarEntry::getName)
                    .filter(name -> name.endsWith(".class") && !name.contains("META-INF") && !name.contains("-info"))
                    .map(name ->
                            name.substring(0, name.length() - ".class".length()).replace('/', '.'))
                    .toList();
        }
        for (String name : names) {
            try {
                Class.forName(name, false, ClassRehearsal.class.getClassLoader());
            } catch (ClassNotFoundException | LinkageError e) {
                // A part of a library for something that is not here.
            }
        }
    }
}
