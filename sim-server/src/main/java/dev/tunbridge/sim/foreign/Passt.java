package dev.tunbridge.sim.foreign;

import com.google.common.net.InetAddresses;
import dev.tunbridge.sim.lab.LabNamespace;
import dev.tunbridge.sim.lab.LabProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * passt, which connects a virtual machine's Ethernet with the sockets of its host: its own TCP towards the machine, system calls
 * towards the host. It speaks QEMU's socket protocol on a UNIX socket; socat puts that on TCP. IPv4; a client that leaves ends it.
 *
 * @param own the gateway that it is to the machine, and an address of its host, for those who call the device
 * @param device the address of the bridge's device, in the network of the gateway
 * @param forwardedPort of its host, which leads to the device's port
 */
public record Passt(InetAddress own, InetAddress device, int forwardedPort, int devicePort) implements ForeignServer {
    private static final String PROGRAM = "passt";
    private static final int PORT = 7_004;
    private static final int MTU = 1_500;
    private static final int PREFIX_LENGTH = 30;
    private static final Duration LIMIT = Duration.ofSeconds(10);

    /** The interface whose addresses it would take if it were given none. */
    private static final String TEMPLATE = "out0";

    @Override
    public List<String> programs() {
        return List.of(PROGRAM, "socat");
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
        host.run(LIMIT, "ip", "address", "add", InetAddresses.toAddrString(own) + "/32", "dev", "lo");
        Path socket = folder.resolve("passt.socket");
        List<String> passt = List.of(
                PROGRAM,
                "--foreground --ipv4-only --stderr --runas 0 --no-dhcp --no-dhcp-dns --one-off",
                "--socket " + socket,
                "--interface " + TEMPLATE,
                "--mtu " + MTU,
                "--address " + InetAddresses.toAddrString(device),
                "--netmask " + PREFIX_LENGTH,
                "--gateway " + InetAddresses.toAddrString(own),
                "--tcp-ports " + forwardedPort + ":" + devicePort);
        // The shell becomes socat, and passt ends with it.
        return host.start(
                "sh",
                "-c",
                "setpriv --pdeathsig KILL " + String.join(" ", passt) + " & while [ ! -S " + socket
                        + " ]; do kill -0 $! || exit 1; sleep 0.05; done; exec socat TCP-LISTEN:" + PORT
                        + ",reuseaddr UNIX-CONNECT:"
                        + socket);
    }

    @Override
    public Map<String, String> clientSettings() {
        return ForeignServer.tunnel(device, PREFIX_LENGTH, own, MTU);
    }

    @Override
    public boolean hasDevice() {
        return false;
    }
}
