package dev.tunbridge.sim.bench.peer;

import dev.tunbridge.sim.lab.LabNamespace;
import dev.tunbridge.sim.lab.LabProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A relay of connections at either end of the link, where the bridge and its server would be, that frames nothing and shares nothing: each
 * connection of a client has one of its own over the link. The limit of what a relay in user space can do.
 *
 * @param name as typed
 */
record RelayPeer(String name, Kind kind, String congestionControl) implements Peer {

    /** Which, and how it is set. */
    enum Kind {
        /** One process for each connection, as socat(1) has it under TCP-LISTEN, with {@code fork}. */
        SOCAT,
        /** TCP mode with HAProxy's own defaults, which copy. */
        HAPROXY,
        /** With {@code option splice-auto}: the kernel moves bytes from socket to socket. */
        HAPROXY_SPLICING
    }

    private static final Program HAPROXY = new Program("haproxy", "haproxy");
    private static final Program SOCAT = new Program("socat", "socat");

    static RelayPeer socat(Spec spec) {
        return new RelayPeer(spec.text(), Kind.SOCAT, Peer.congestionControl(spec));
    }

    static RelayPeer haproxy(Spec spec) {
        Kind kind = spec.flag("splice") ? Kind.HAPROXY_SPLICING : Kind.HAPROXY;
        return new RelayPeer(spec.text(), kind, Peer.congestionControl(spec, "splice=yes"));
    }

    @Override
    public List<Program> programs() {
        return List.of(kind == Kind.SOCAT ? SOCAT : HAPROXY);
    }

    @Override
    public boolean carriesPackets() {
        return false;
    }

    @Override
    public Tunnel start(Site site) throws IOException, InterruptedException {
        PortForward.prepare(site, congestionControl);
        LabProcess device = start(site, site.deviceSide(), PortForward.relaysEnd(), PortForward.servicesEnd());
        LabProcess server = start(site, site.serverSide(), PortForward.clientsEnd(), PortForward.relaysEnd());
        return new Tunnel(site.forwarded(), List.of(device), List.of(server));
    }

    private LabProcess start(Site site, LabNamespace host, String from, String to) throws IOException {
        return kind == Kind.SOCAT ? startSocat(host, from, to) : startHaproxy(site, host, from, to);
    }

    private static LabProcess startSocat(LabNamespace host, String from, String to) throws IOException {
        String[] listen = from.split(":", 2);
        return host.start(
                "socat",
                "TCP-LISTEN:" + listen[1] + ",bind=" + listen[0] + ",reuseaddr,fork,backlog=1024",
                "TCP:" + to);
    }

    private LabProcess startHaproxy(Site site, LabNamespace host, String from, String to) throws IOException {
        Path file = site.folder().resolve("haproxy-" + from.replace(':', '-') + ".cfg");
        Files.writeString(file, """
                defaults
                    mode tcp
                    timeout connect 10s
                    timeout client 1h
                    timeout server 1h
                %s
                listen relay
                    bind %s
                    server next %s
                """.formatted(kind == Kind.HAPROXY_SPLICING ? "    option splice-auto" : "", from, to));
        return host.start("sh", "-c", "PATH=$PATH:/usr/sbin exec haproxy -db -f \"$0\"", file.toString());
    }
}
