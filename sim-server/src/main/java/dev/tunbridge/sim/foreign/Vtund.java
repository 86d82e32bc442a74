package dev.tunbridge.sim.foreign;

import dev.tunbridge.sim.lab.LabNamespace;
import dev.tunbridge.sim.lab.LabProcess;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * vtund 3, unmodified, over plain TCP, not compressed, as one process of one end. Configured as vtund.conf(5)
 * shows.
 *
 * @param own the address of its TUN device
 * @param other that of the other end's
 * @param mtu of the device
 * @param queueLength of the device in packets; the kernel's own where it is empty
 * @param encryption of packets, as its configuration names it: {@code no}, {@code aes128ecb}
 */
public record Vtund(InetAddress own, InetAddress other, int mtu, OptionalInt queueLength, String encryption)
        implements ForeignServer {
    /** The program, and the package that has it. */
    public static final String PROGRAM = "vtund";

    public static final String PACKAGE = "vtun";

    public static final int PORT = 5000;

    /** Its packets stand behind their length. */
    public static final int PREFIX_BYTES = 2;

    /** What its clients call themselves, and what they know. */
    public static final String HOST = "pump";

    public static final String PASSWORD = "s3cret";

    /** Its process and lock files, which it does not remove, go into a /run of its own. */
    private static final String START =
            "mount -t tmpfs none /run && mkdir -p /run/lock/vtund && PATH=$PATH:/usr/sbin exec vtund \"$@\"";

    /** Without encryption. */
    public Vtund(InetAddress own, InetAddress other, int mtu, OptionalInt queueLength) {
        this(own, other, mtu, queueLength, "no");
    }

    @Override
    public List<String> programs() {
        return List.of(PROGRAM);
    }

    @Override
    public String format() {
        return "vtun";
    }

    @Override
    public int port() {
        return PORT;
    }

    @Override
    public LabProcess serve(LabNamespace host, Path folder) throws IOException {
        return start(host, folder, "-s");
    }

    /** As a client, which asks again where the server does not listen yet. */
    public LabProcess connect(LabNamespace host, Path folder, InetAddress server) throws IOException {
        return start(host, folder, "-p", HOST, server.getHostAddress());
    }

    @Override
    public Map<String, String> clientSettings() {
        Map<String, String> settings =
                new HashMap<>(ForeignServer.tunnel(other, own instanceof Inet4Address ? 30 : 126, own, mtu));
        settings.put("identity.device-id", HOST);
        settings.put("identity.token", PASSWORD);
        return settings;
    }

    private LabProcess start(LabNamespace host, Path folder, String... arguments) throws IOException {
        Path file = folder.resolve("vtund-" + own.getHostAddress() + ".conf");
        Files.writeString(file, configuration());
        List<String> command = new ArrayList<>(List.of("unshare", "--mount", "sh", "-c", START, PROGRAM));
        command.addAll(List.of("-n", "-P", String.valueOf(PORT), "-f"));
        command.add(file.toString());
        command.addAll(List.of(arguments));
        return host.start(command.toArray(String[]::new));
    }

    private String configuration() {
        String queue = queueLength.isPresent() ? " txqueuelen " + queueLength.getAsInt() : "";
        return """
                options {
                  port %d;
                  timeout 10;
                }
                %s {
                  passwd %s;
                  type tun;
                  proto tcp;
                  compress no;
                  encrypt %s;
                  keepalive yes;
                  up {
                    program /bin/ip "address add %s peer %s dev %%%%" wait;
                    program /bin/ip "link set dev %%%% mtu %d%s up" wait;
                  };
                }
                """.formatted(
                        PORT, HOST, PASSWORD, encryption, own.getHostAddress(), other.getHostAddress(), mtu, queue);
    }
}
