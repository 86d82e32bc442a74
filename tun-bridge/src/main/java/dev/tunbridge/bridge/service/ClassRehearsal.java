package dev.tunbridge.bridge.service;

import dev.tunbridge.linux.LinuxException;
import dev.tunbridge.protocol.message.Message;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Loads classes before they are needed. A service runs for months, and meanwhile its jars may be replaced or removed: what a
 * reconnect or an end needs must be in memory by then. And a JVM that is told to archive its classes at exit ({@code
 * -XX:ArchiveClassesAtExit}) starts a tunnel in half the time; to open one, instead, would take rights and a network.
 */
final class ClassRehearsal {
    private static final Pattern JARS = Pattern.compile(
            "(tun-bridge|raw-reassembly|legacy-protocol|sim-server|netty-(common|buffer|transport|handler|resolver)|jna|logback|slf4j|picocli).*");

    /** Of other commands than the one that runs for months. */
    private static final Pattern NOT_RUNNING =
            Pattern.compile("dev/tunbridge/bridge/(replay|service/(Replay|Capture)).*");

    /** What reconnects and ends use of libraries, a class a line; a test names what is missing here. */
    private static final String OF_LIBRARIES = "late-classes.txt";

    private static final String CLASS = ".class";

    private static final long LIMIT_MILLIS = 1_000;

    private static final Logger LOG = LoggerFactory.getLogger(ClassRehearsal.class);

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

    /** All of the project's own classes, and of the libraries' those that are needed late. Blocks for some hundredths of a second. */
    static void loadAll() {
        try {
            for (Class<?> witness : List.of(ClassRehearsal.class, LinuxException.class, Message.class)) {
                loadBeside(witness);
            }
            try (InputStream names = ClassRehearsal.class.getResourceAsStream(OF_LIBRARIES)) {
                if (names != null) {
                    new String(names.readAllBytes(), StandardCharsets.UTF_8)
                            .lines()
                            .forEach(ClassRehearsal::load);
                }
            }
        } catch (IOException | URISyntaxException e) {
            LOG.debug("classes are loaded when they are needed", e);
        }
        rehearseEndOfLoop();
    }

    /**
     * Ends an event loop that has a channel. How far a loop comes while the process ends is a matter of luck, so a list of what
     * was seen to be loaded then would never be whole.
     */
    private static void rehearseEndOfLoop() {
        EventLoopGroup group = BridgeSet.newGroup(1);
        group.register(Epoll.isAvailable() ? new EpollSocketChannel() : new NioSocketChannel())
                .awaitUninterruptibly(LIMIT_MILLIS);
        group.shutdownGracefully(0, LIMIT_MILLIS, TimeUnit.MILLISECONDS).awaitUninterruptibly(LIMIT_MILLIS);
    }

    /** Whatever lies in the same jar or folder. */
    private static void loadBeside(Class<?> witness) throws IOException, URISyntaxException {
        CodeSource source = witness.getProtectionDomain().getCodeSource();
        if (source == null || source.getLocation() == null) {
            return;
        }
        Path place = Path.of(source.getLocation().toURI());
        if (!Files.isDirectory(place)) {
            load(place.toFile());
            return;
        }
        try (Stream<Path> files = Files.walk(place)) {
            files.map(file -> place.relativize(file).toString()).forEach(ClassRehearsal::loadEntry);
        }
    }

    private static void load(File file) throws IOException {
        try (JarFile jar = new JarFile(file)) {
            jar.stream().map(JarEntry::getName).forEach(ClassRehearsal::loadEntry);
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

    private static void load(String name) {
        try {
            Class.forName(name, false, ClassRehearsal.class.getClassLoader());
        } catch (ClassNotFoundException | LinkageError e) {
            LOG.trace("a part of a library for something that is not here", e);
        }
    }
}
