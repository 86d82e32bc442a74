package dev.tunbridge.sim.bench.peer;

import dev.tunbridge.sim.lab.LabProcess;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * {@code ssh -w}: the device connects to an sshd at the server's site, and each has a TUN device. As ssh(1) has it
 * under "SSH-based virtual private networks"; ciphers are what the two negotiate by default. The TUN devices are made
 * before ssh comes, with their addresses, so that no end waits for the other's.
 *
 * @param name as typed
 * @param queueLength of its TUN devices in packets; the kernel's own where it is empty
 */
record SshPeer(String name, String congestionControl, OptionalInt queueLength) implements Peer {
    private static final String DEVICE = "tun0";

    @Override
    public List<Program> programs() {
        return SshAccess.PROGRAMS;
    }

    @Override
    public Optional<String> unavailable() throws IOException {
        return SshAccess.unavailable();
    }

    @Override
    public Tunnel start(Site site) throws IOException, InterruptedException {
        site.deviceSide().setCongestionControl(congestionControl);
        site.serverSide().setCongestionControl(congestionControl);
        Site.makeTun(site.serverSide(), DEVICE, Site.INNER_SERVER, queueLength);
        Site.makeTun(site.deviceSide(), DEVICE, Site.INNER_DEVICE, queueLength);
        SshAccess access = SshAccess.prepare(site, site.serverSide(), Site.OUTER_SERVER);
        LabProcess server = access.startServer();
        LabProcess device = access.start(
                site.deviceSide(),
                "ssh",
                "-F",
                access.clientConfiguration(),
                "-N",
                "-o",
                "ExitOnForwardFailure=yes",
                "-w",
                "0:0", // the numbers of the TUN devices
                SshAccess.HOST);
        return new Tunnel(site.inner(), List.of(device), List.of(server));
    }
}
