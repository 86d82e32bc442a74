package dev.tunbridge.sim.lab;

import dev.tunbridge.sim.link.Link;
import dev.tunbridge.sim.link.LinkEnd;
import dev.tunbridge.sim.link.LinkOption;
import dev.tunbridge.sim.link.LinkProfile;
import dev.tunbridge.sim.link.LinkSettingException;
import dev.tunbridge.sim.link.ProcessIdentity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A lab of network namespaces and links between them, for as long as it is open. Needs root, or the root of a user
 * namespace with a mount namespace of its own and a tmpfs on {@code /run} ({@code unshare -Urnm}).
 *
 * <pre>{@code
 *   try (Lab lab = Lab.open()) {
 *       LabNamespace device = lab.namespace("device");
 *       LabNamespace server = lab.namespace("server");
 *       Link link = lab.connect(
 *               device.at("out0", "198.18.0.1/30"), server.at("out0", "198.18.0.2/30"), LinkProfile.named("wan1"), 42);
 *       ...
 *   }
 * }</pre>
 */
public final class Lab implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Lab.class);
    private static final Path NAMESPACES = Path.of("/run/netns");

    /** Followed by the owner's {@link ProcessIdentity}, a number and the name given: what is left over tells its owner. */
    private static final String PREFIX = "tblab-";

    private static final List<Lab> OPEN = new ArrayList<>();
    private static int labsOpened;
    private static boolean hookInstalled;

    private final String prefix;
    private final List<LabNamespace> namespaces = new ArrayList<>();
    private final List<Link> links = new ArrayList<>();
    private boolean closed;

    private Lab(String prefix) {
        this.prefix = prefix;
    }

    /** Opens a lab, after removing what dead processes have left of theirs. */
    public static Lab open() throws IOException {
        removeLeftovers();
        synchronized (OPEN) {
            if (!hookInstalled) {
                Runtime.getRuntime().addShutdownHook(new Thread(Lab::closeAll, "close-labs"));
                hookInstalled = true;
            }
            Lab lab = new Lab(PREFIX + ProcessIdentity.current() + "-" + labsOpened++ + "-");
            OPEN.add(lab);
            return lab;
        }
    }

    /** Why no lab can be opened here, in one line; empty where one can. Tests skip with it. */
    public static Optional<String> unavailable() {
        try (Lab probe = open()) {
            probe.namespace("probe");
            return Optional.of("/dev/net/tun is missing or closed to us")
                    .filter(reason -> !Files.isWritable(Path.of("/dev/net/tun")));
        } catch (IOException e) {
            return Optional.of("no network namespaces here (needs root, or unshare -Urnm with a tmpfs on /run): "
                    + e.getMessage());
        }
    }

    /** Makes a namespace with its loopback up; the name is for people, and unique within the lab. */
    public synchronized LabNamespace namespace(String name) throws IOException {
        if (!name.matches("[A-Za-z0-9_]{1,32}")) {
            throw new IllegalArgumentException("namespace '" + name + "'; allowed: 1 to 32 letters, digits and _");
        }
        requireOpen();
        LabNamespace namespace = LabNamespace.create(prefix + name);
        namespaces.add(namespace);
        return namespace;
    }

    /** Connects two namespaces; see {@link Link#open}. The link closes with the lab, or before. */
    public Link connect(LabEnd a, LabEnd b, LinkProfile profile, long seed, LinkOption... options)
            throws IOException, LinkSettingException {
        EnumSet<LinkOption> chosen = EnumSet.noneOf(LinkOption.class);
        chosen.addAll(List.of(options));
        return connect(a, b, profile, seed, chosen);
    }

    private synchronized Link connect(LabEnd a, LabEnd b, LinkProfile profile, long seed, EnumSet<LinkOption> options)
            throws IOException, LinkSettingException {
        requireOpen();
        Link link = Link.open(linkEnd(a), linkEnd(b), profile, seed, options);
        try {
            String hardwareA = hardwareAddress(2 * links.size());
            String hardwareB = hardwareAddress(2 * links.size() + 1);
            a.namespace().configure(a, hardwareA, b, hardwareB);
            b.namespace().configure(b, hardwareB, a, hardwareA);
            links.add(link);
            return link;
        } catch (IOException | RuntimeException e) {
            link.close();
            throw e;
        }
    }

    /** Kills the lab's programs, closes its links and removes its namespaces; again does nothing. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        namespaces.forEach(LabNamespace::stopProcesses);
        links.forEach(Link::close);
        for (LabNamespace namespace : namespaces) {
            try {
                namespace.remove();
            } catch (IOException e) {
                LOG.warn("Namespace {} stays until the next lab removes it: {}", namespace.fullName(), e.getMessage());
            }
        }
        synchronized (OPEN) {
            OPEN.remove(this);
        }
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("the lab is closed");
        }
    }

    private static LinkEnd linkEnd(LabEnd end) {
        return new LinkEnd(end.namespace().fullName(), end.device());
    }

    /** Locally administered, and the same in every run. */
    private static String hardwareAddress(int number) {
        return String.format("02:54:42:00:%02x:%02x", number >> 8 & 0xff, number & 0xff);
    }

    private static void closeAll() {
        List<Lab> open;
        synchronized (OPEN) {
            open = List.copyOf(OPEN);
        }
        open.forEach(Lab::close);
    }

    private static void removeLeftovers() throws IOException {
        if (!Files.isDirectory(NAMESPACES)) {
            return;
        }
        List<String> names;
        try (Stream<Path> files = Files.list(NAMESPACES)) {
            names = files.map(file -> file.getFileName().toString())
                    .filter(name -> name.startsWith(PREFIX))
                    .toList();
        }
        for (String name : names) {
            // PID-START-NUMBER-NAME
            String[] parts = name.substring(PREFIX.length()).split("-", 4);
            if (parts.length == 4 && !ProcessIdentity.isAlive(parts[0] + "-" + parts[1])) {
                try {
                    LabNamespace.removeNamed(name);
                    LOG.info("Removed namespace {} of a process that is gone", name);
                } catch (IOException e) {
                    // Another lab may have been faster.
                    LOG.debug("Removing {}: {}", name, e.getMessage());
                }
            }
        }
    }
}
