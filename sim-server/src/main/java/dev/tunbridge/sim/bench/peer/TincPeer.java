package dev.tunbridge.sim.bench.peer;

import dev.tunbridge.sim.lab.LabNamespace;
import dev.tunbridge.sim.lab.LabProcess;
import dev.tunbridge.sim.link.Command;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;

/**
 * tinc with TCPOnly: two nodes, of which the device's connects, with the keys and ciphers of its own choice. Configured
 * as tinc.conf(5) shows.
 *
 * @param name as typed
 * @param queueLength of its TUN devices in packets; the kernel's own where it is empty
 */
record TincPeer(String name, String congestionControl, OptionalInt queueLength) implements Peer {
    private static final int PORT = 655;
    private static final int KEY_BITS = 2048;
    private static final Duration START_LIMIT = Duration.ofSeconds(20);

    @Override
    public List<Program> programs() {
        return List.of(new Program("tincd", "tinc"));
    }

    @Override
    public Tunnel start(Site site) throws IOException, InterruptedException {
        site.deviceSide().setCongestionControl(congestionControl);
        site.serverSide().setCongestionControl(congestionControl);
        Path serverFolder = configure(site, "server", "", Site.INNER_SERVER, Site.INNER_DEVICE);
        Path deviceFolder = configure(site, "device", "ConnectTo = server\n", Site.INNER_DEVICE, Site.INNER_SERVER);
        introduce(serverFolder, "server", deviceFolder);
        introduce(deviceFolder, "device", serverFolder);
        LabProcess server = start(site.serverSide(), serverFolder);
        server.awaitLine("Ready", START_LIMIT);
        LabProcess device = start(site.deviceSide(), deviceFolder);
        return new Tunnel(site.inner(), List.of(device), List.of(server));
    }

    private Path configure(Site site, String node, String more, InetAddress own, InetAddress other) throws IOException {
        Path folder = site.folder().resolve("tinc-" + node);
        Files.createDirectories(folder.resolve("hosts"));
        Files.writeString(folder.resolve("tinc.conf"), """
                Name = %s
                AddressFamily = ipv4
                Interface = tinc0
                """.formatted(node) + more);
        String address = node.equals("server") ? "Address = " + Site.OUTER_SERVER.getHostAddress() + "\n" : "";
        Files.writeString(folder.resolve("hosts").resolve(node), address + """
                Port = %d
                Subnet = %s/32
                TCPOnly = yes
                """.formatted(PORT, own.getHostAddress()));
        String queue = queueLength.isPresent() ? " txqueuelen " + queueLength.getAsInt() : "";
        Path up = folder.resolve("tinc-up");
        Files.writeString(up, """
                #!/bin/sh
                ip address add %s peer %s dev $INTERFACE
                ip link set dev $INTERFACE mtu %d%s up
                """.formatted(own.getHostAddress(), other.getHostAddress(), Site.MTU, queue));
        Files.setPosixFilePermissions(up, PosixFilePermissions.fromString("rwx------"));
        // Adds the key's other half to the node's own host file.
        Command.run(
                "sh",
                "-c",
                "PATH=$PATH:/usr/sbin exec tincd -c \"$0\" -K " + KEY_BITS + " </dev/null",
                folder.toString());
        return folder;
    }

    /** Gives one node's host file to the other. */
    private static void introduce(Path from, String node, Path to) throws IOException {
        Path file = Path.of("hosts", node);
        Files.writeString(to.resolve(file), Files.readString(from.resolve(file)), StandardOpenOption.CREATE_NEW);
    }

    private static LabProcess start(LabNamespace host, Path folder) throws IOException {
        return host.start(
                "sh",
                "-c",
                "PATH=$PATH:/usr/sbin:/sbin exec tincd -D -c \"$0\" --pidfile=\"$0/pid\"",
                folder.toString());
    }
}
