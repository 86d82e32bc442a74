package dev.tunbridge.sim.foreign;

import com.google.common.net.InetAddresses;
import dev.tunbridge.sim.lab.LabNamespace;
import dev.tunbridge.sim.lab.LabProcess;
import dev.tunbridge.sim.link.Command;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * QEMU's socket network without a machine on it: an Ethernet hub with two ports, one of them TCP ({@code -netdev socket,listen}), the
 * other a TAP device. So the other station on the Ethernet is the Linux kernel of the server's namespace, with its own ARP and neighbour
 * discovery. A new client may come when the one before has gone.
 *
 * @param own the address of its TAP device
 * @param other that of the bridge's device, in the same network
 */
public record QemuSocket(InetAddress own, InetAddress other) implements ForeignServer {
    public static final String PROGRAM = "qemu-system-x86_64";

    private static final String DEVICE = "hub0";
    private static final int PORT = 7_002;
    private static final int MTU = 1_500;
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private static final List<String> COMMAND = List.of(
            PROGRAM,
            "-machine",
            "none",
            "-nodefaults",
            "-display",
            "none",
            "-netdev",
            "socket,id=client,listen=:" + PORT,
            "-netdev",
            "tap,id=kernel,script=no,downscript=no,ifname=" + DEVICE,
            "-netdev",
            "hubport,id=port1,hubid=0,netdev=client",
            "-netdev",
            "hubport,id=port2,hubid=0,netdev=kernel");

    @Override
    public List<String> programs() {
        return List.of(PROGRAM);
    }

    @Override
    public String format() {
        return "qemu";
    }

    @Override
    public int port() {
        return PORT;
    }

    @Override
    public LabProcess serve(LabNamespace host, Path folder) throws IOException {
        if (!host.run(LIMIT, "ip", "link", "show", "dev", DEVICE).isSuccess()) {
            run(host, "ip", "tuntap", "add", "dev", DEVICE, "mode", "tap");
            run(
                    host,
                    "sysctl",
                    "-q",
                    "-w",
                    "net.ipv6.conf." + DEVICE + ".accept_dad=0"); // its address is its own at once
            run(host, "ip", "address", "add", InetAddresses.toAddrString(own) + "/" + prefixLength(), "dev", DEVICE);
            run(host, "ip", "link", "set", "dev", DEVICE, "up");
        }
        return host.start(COMMAND.toArray(String[]::new));
    }

    private static void run(LabNamespace host, String... command) throws IOException {
        Command.Result result = host.run(LIMIT, command);
        if (!result.isSuccess()) {
            throw new IOException(result.toString());
        }
    }

    private int prefixLength() {
        return own instanceof Inet4Address ? 30 : 64;
    }

    @Override
    public Map<String, String> clientSettings() {
        return ForeignServer.tunnel(other, prefixLength(), own, MTU);
    }
}
