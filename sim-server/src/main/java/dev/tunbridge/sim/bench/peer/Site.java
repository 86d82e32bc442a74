package dev.tunbridge.sim.bench.peer;

import com.google.common.net.InetAddresses;
import dev.tunbridge.sim.lab.Lab;
import dev.tunbridge.sim.lab.LabNamespace;
import dev.tunbridge.sim.link.Command;
import dev.tunbridge.sim.link.Link;
import dev.tunbridge.sim.link.LinkProfile;
import dev.tunbridge.sim.link.LinkSettingException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Stream;

/** A lab of one cell: the device's host, the server's host, the link between them and a folder for configurations. */
public final class Site implements AutoCloseable {
    static final InetAddress OUTER_DEVICE = InetAddresses.forString("198.18.0.1");
    public static final InetAddress OUTER_SERVER = InetAddresses.forString("198.18.0.2");

    /** The tunnel's addresses, of every peer. */
    static final InetAddress INNER_DEVICE = InetAddresses.forString("198.19.0.1");

    static final InetAddress INNER_SERVER = InetAddresses.forString("198.19.0.2");

    /** Length of both prefixes. */
    static final int PREFIX_LENGTH = 30;

    /** Inside every tunnel. */
    public static final int MTU = 1400;

    /** Congestion control of everything that the third party and its clients run: Linux' own default. */
    public static final String CONGESTION_CONTROL = "cubic";

    /** The end of the link, on either host. */
    public static final String DEVICE = "out0";

    private static final int ANY_PORT = 0;

    private final Lab lab;
    private final Path folder;
    private final LabNamespace deviceSide;
    private final LabNamespace serverSide;
    private final Link link;

    private Site(Lab lab, Path folder, LabNamespace deviceSide, LabNamespace serverSide, Link link) {
        this.lab = lab;
        this.folder = folder;
        this.deviceSide = deviceSide;
        this.serverSide = serverSide;
        this.link = link;
    }

    public static Site open(LinkProfile profile, long seed) throws IOException, LinkSettingException {
        Path folder = Files.createTempDirectory("tunbridge-bench");
        try {
            Lab lab = Lab.open();
            try {
                LabNamespace device = lab.namespace("device");
                LabNamespace server = lab.namespace("server");
                Link link = lab.connect(
                        device.at(DEVICE, OUTER_DEVICE.getHostAddress() + "/" + PREFIX_LENGTH),
                        server.at(DEVICE, OUTER_SERVER.getHostAddress() + "/" + PREFIX_LENGTH),
                        profile,
                        seed);
                server.setCongestionControl(CONGESTION_CONTROL);
                return new Site(lab, folder, device, server, link);
            } catch (IOException | LinkSettingException | RuntimeException e) {
                lab.close();
                throw e;
            }
        } catch (IOException | LinkSettingException | RuntimeException e) {
            delete(folder);
            throw e;
        }
    }

    LabNamespace deviceSide() {
        return deviceSide;
    }

    LabNamespace serverSide() {
        return serverSide;
    }

    /** For configuration files and keys; goes with the site. */
    Path folder() {
        return folder;
    }

    /** The two hosts by the addresses of the link itself. */
    Ends outer() {
        return new Ends(deviceSide, OUTER_DEVICE, serverSide, OUTER_SERVER, ANY_PORT, link);
    }

    /** The two hosts by the addresses of the tunnel. */
    Ends inner() {
        return new Ends(deviceSide, INNER_DEVICE, serverSide, INNER_SERVER, ANY_PORT, link);
    }

    /** The same where one port of the device's is all that clients reach. */
    Ends forwarded() {
        return new Ends(deviceSide, INNER_DEVICE, serverSide, INNER_SERVER, PortForward.SERVICE_PORT, link);
    }

    /** Makes a TUN device with a tunnel's address, for a program that attaches to it; it goes with the host. */
    static void makeTun(LabNamespace host, String device, InetAddress own, OptionalInt queueLength) throws IOException {
        String queue = queueLength.isPresent() ? " txqueuelen " + queueLength.getAsInt() : "";
        List<String> commands = List.of(
                "tuntap add dev " + device + " mode tun",
                "address add " + own.getHostAddress() + "/" + PREFIX_LENGTH + " dev " + device,
                "link set dev " + device + " mtu " + MTU + queue + " up");
        runIp(host, commands);
    }

    /** On one of the hosts, as {@code ip -batch} takes them. */
    static void runIp(LabNamespace host, List<String> commands) throws IOException {
        host.call(() -> {
            Command.runIpBatch(commands);
            return commands;
        });
    }

    @Override
    public synchronized void close() {
        lab.close();
        delete(folder);
    }

    private static void delete(Path folder) {
        if (!Files.exists(folder)) {
            return;
        }
        List<Path> files;
        try (Stream<Path> found = Files.walk(folder)) {
            files = found.sorted(Comparator.reverseOrder()).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        for (Path file : files) {
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
