package dev.tunbridge.sim.bench.peer;

import dev.tunbridge.sim.lab.LabNamespace;
import dev.tunbridge.sim.lab.LabProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;

/**
 * {@code ssh -R} or {@code ssh -L}: one port of the device's, carried over channels of one SSH connection, as ssh(1) has it. With {@code -R}
 * the device connects to an sshd at the server's site, as a device that can only call out does; with {@code -L} it is the other way round.
 *
 * @param name as typed
 * @param isByDevice whether the device connects
 */
record SshForwardPeer(String name, String congestionControl, boolean isByDevice) implements Peer {
    private static final String FORWARD = "forward";

    /** Where it is asked for instead of {@code ssh -w}. */
    static Optional<SshForwardPeer> asked(Spec spec) {
        String forward = spec.text(FORWARD, "");
        return switch (forward) {
            case "" -> Optional.empty();
            case "remote", "local" ->
                Optional.of(new SshForwardPeer(spec.text(), Peer.congestionControl(spec), forward.equals("remote")));
            default -> throw spec.wrong(FORWARD + "=" + forward, FORWARD + "=remote or " + FORWARD + "=local");
        };
    }

    @Override
    public List<Program> programs() {
        return SshAccess.PROGRAMS;
    }

    @Override
    public Optional<String> unavailable() throws IOException {
        return SshAccess.unavailable();
    }

    @Override
    public boolean carriesPackets() {
        return false;
    }

    @Override
    public Tunnel start(Site site) throws IOException, InterruptedException {
        PortForward.prepare(site, congestionControl);
        LabNamespace serving = isByDevice ? site.serverSide() : site.deviceSide();
        InetAddress address = isByDevice ? Site.OUTER_SERVER : Site.OUTER_DEVICE;
        SshAccess access = SshAccess.prepare(site, serving, address);
        LabProcess sshd = access.startServer();
        LabProcess ssh = access.start(
                isByDevice ? site.deviceSide() : site.serverSide(),
                "ssh",
                "-F",
                access.clientConfiguration(),
                "-N",
                "-o",
                "ExitOnForwardFailure=yes",
                isByDevice ? "-R" : "-L",
                PortForward.clientsEnd() + ":" + PortForward.servicesEnd(),
                SshAccess.HOST);
        return isByDevice
                ? new Tunnel(site.forwarded(), List.of(ssh), List.of(sshd))
                : new Tunnel(site.forwarded(), List.of(sshd), List.of(ssh));
    }
}
