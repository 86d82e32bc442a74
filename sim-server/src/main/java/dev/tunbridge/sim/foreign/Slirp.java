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
 * slirp 1.0.17, of 1995 and later: the other end of a line that speaks SLIP (RFC 1055) or PPP (RFC 1661), with a TCP/IP of its own in user space. It speaks on a
 * terminal; socat puts that on TCP, one slirp for each client. What comes for the device it takes at a port of its host ({@code redir}),
 * and hands on from the address that it came from.
 *
 * @param own an address of its host, which no other has, for those who call the device
 * @param device the address of the bridge's device
 * @param redirectedPort of its host, which leads to the device's port
 * @param isPpp whether it speaks PPP instead of SLIP
 */
public record Slirp(InetAddress own, InetAddress device, int redirectedPort, int devicePort, boolean isPpp)
        implements ForeignServer {
    private static final String PROGRAM = "slirp-fullbolt";
    private static final int PORT = 7_003;
    private static final int MTU = 1_500;
    private static final Duration LIMIT = Duration.ofSeconds(10);

    /** Of SLIP. */
    public Slirp(InetAddress own, InetAddress device, int redirectedPort, int devicePort) {
        this(own, device, redirectedPort, devicePort, false);
    }

    @Override
    public List<String> programs() {
        return List.of(PROGRAM, "socat");
    }

    @Override
    public String format() {
        return isPpp ? "ppp" : "slip";
    }

    @Override
    public int port() {
        return PORT;
    }

    @Override
    public LabProcess serve(LabNamespace host, Path folder) throws IOException {
        host.run(LIMIT, "ip", "address", "add", InetAddresses.toAddrString(own) + "/32", "dev", "lo");
        // Its command line holds quotes, which socat would take for its own.
        String line = PROGRAM + (isPpp ? " ppp" : "") + " nozeros \"mtu " + MTU + "\" \"redir tcp " + redirectedPort
                + " " + InetAddresses.toAddrString(device) + ":" + devicePort + "\"";
        return host.start(
                "env",
                "HOME=" + folder,
                "LINE=" + line,
                "socat",
                "TCP-LISTEN:" + PORT + ",reuseaddr,fork",
                "SYSTEM:eval \"$LINE\",pty,rawer,setsid");
    }

    @Override
    public Map<String, String> clientSettings() {
        return ForeignServer.tunnel(device, 32, own, MTU);
    }

    @Override
    public boolean hasDevice() {
        return false;
    }
}
