package dev.tunbridge.sim.bench.peer;

import dev.tunbridge.sim.lab.LabNamespace;
import dev.tunbridge.sim.lab.LabProcess;
import dev.tunbridge.sim.wire.DatagramFrame;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * vtun over plain TCP, neither encrypted nor compressed: the fair peer. Configured as vtund.conf(5) shows.
 *
 * @param queueLength of its TUN devices in packets; the kernel's own where it is empty
 */
record VtunPeer(String name, String congestionControl, OptionalInt queueLength) implements Peer {
    private static final int PORT = 5000;

    /** Its packets stand behind their length. */
    private static final int PREFIX_BYTES = 2;

    /** Its process and lock files, which it does not remove, go into a /run of its own. */
    private static final String START =
            "mount -t tmpfs none /run && mkdir -p /run/lock/vtund " + "&& PATH=$PATH:/usr/sbin exec vtund \"$@\"";

    @Override
    public List<Program> programs() {
        return List.of(new Program("vtund", "vtun"));
    }

    @Override
    public boolean canRestartServer() {
        return true;
    }

    @Override
    public Tunnel start(Site site) throws IOException, InterruptedException {
        site.deviceSide().setCongestionControl(congestionControl);
        site.serverSide().setCongestionControl(congestionControl);
        Tunnel.ServerStart serve = () -> start(site, site.serverSide(), Site.INNER_SERVER, Site.INNER_DEVICE, "-s");
        LabProcess server = serve.start();
        LabProcess device = start(
                site,
                site.deviceSide(),
                Site.INNER_DEVICE,
                Site.INNER_SERVER,
                "-p", // asks again where the server does not listen yet
                "bench",
                Site.OUTER_SERVER.getHostAddress());
        OuterWire wire = new OuterWire(PORT, payloadBytes -> Optional.of(DatagramFrame.ofPackets(PREFIX_BYTES)));
        return new Tunnel(site.inner(), List.of(device), List.of(server), Optional.of(wire), Optional.empty())
                .restartable(serve);
    }

    private LabProcess start(Site site, LabNamespace host, InetAddress own, InetAddress other, String... arguments)
            throws IOException {
        Path file = site.folder().resolve("vtund-" + own.getHostAddress() + ".conf");
        Files.writeString(file, configuration(own, other));
        List<String> command = new ArrayList<>(List.of("unshare", "--mount", "sh", "-c", START, "vtund"));
        command.addAll(List.of("-n", "-P", String.valueOf(PORT), "-f"));
        command.add(file.toString());
        command.addAll(List.of(arguments));
        return host.start(command.toArray(String[]::new));
    }

    private String configuration(InetAddress own, InetAddress other) {
        String queue = queueLength.isPresent() ? " txqueuelen " + queueLength.getAsInt() : "";
        return """
                options {
                  port %d;
                  timeout 10;
                }
                bench {
                  passwd bench;
                  type tun;
                  proto tcp;
                  compress no;
                  encrypt no;
                  keepalive yes;
                  up {
                    program /bin/ip "address add %s peer %s dev %%%%" wait;
                    program /bin/ip "link set dev %%%% mtu %d%s up" wait;
                  };
                }
                """.formatted(PORT, own.getHostAddress(), other.getHostAddress(), Site.MTU, queue);
    }
}
