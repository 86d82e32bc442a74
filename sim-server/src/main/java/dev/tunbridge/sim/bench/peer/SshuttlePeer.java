package dev.tunbridge.sim.bench.peer;

import dev.tunbridge.sim.lab.LabProcess;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * sshuttle: no tunnel for packets but a proxy for TCP. It runs where the clients are, takes their connections to the
 * device out of the kernel, and opens each anew at the device, through one SSH connection: so here the device has the
 * sshd, and the server's site connects. As sshuttle(8) has it, with the method that it finds by itself. The inner
 * addresses are on TUN devices that nobody reads, for a connection that sshuttle has not taken to go nowhere.
 *
 * @param name as typed
 */
record SshuttlePeer(String name, String congestionControl) implements Peer {
    private static final String DEVICE = "proxied0";
    private static final Duration START_LIMIT = Duration.ofSeconds(30);

    @Override
    public List<Program> programs() {
        List<Program> programs = new ArrayList<>(SshAccess.PROGRAMS);
        programs.add(new Program("sshuttle", "sshuttle"));
        return programs;
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
        site.deviceSide().setCongestionControl(congestionControl);
        site.serverSide().setCongestionControl(congestionControl);
        Site.makeTun(site.serverSide(), DEVICE, Site.INNER_SERVER, OptionalInt.empty());
        Site.makeTun(site.deviceSide(), DEVICE, Site.INNER_DEVICE, OptionalInt.empty());
        SshAccess access = SshAccess.prepare(site, site.deviceSide(), Site.OUTER_DEVICE);
        LabProcess device = access.startServer();
        LabProcess clients = access.start(
                site.serverSide(),
                "sshuttle",
                "--ssh-cmd",
                "ssh -F '" + access.clientConfiguration() + "'",
                "--remote",
                SshAccess.HOST,
                Site.INNER_DEVICE.getHostAddress() + "/32");
        clients.awaitLine("Connected to server", START_LIMIT);
        return new Tunnel(site.inner(), List.of(device), List.of(clients));
    }
}
