package dev.tunbridge.sim.bench.peer;

import dev.tunbridge.sim.lab.LabNamespace;
import dev.tunbridge.sim.lab.LabProcess;
import dev.tunbridge.sim.link.Command;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;

/**
 * OpenVPN over TCP or UDP, from one host to one other. Two self-signed certificates, each end knowing the other's
 * fingerprint, as openvpn-examples(5) has it; the data cipher is what the two negotiate by default.
 *
 * @param congestionControl of the outer connection, where there is one
 * @param queueLength of its TUN devices in packets; the kernel's own where it is empty
 */
record OpenVpnPeer(String name, Outer outer, String congestionControl, OptionalInt queueLength) implements Peer {
    private static final String PORT = "1194";
    private static final Duration START_LIMIT = Duration.ofSeconds(20);

    /** What carries it: the words for it at either end, and what the server says once it listens. */
    enum Outer {
        TCP("tcp-server", "tcp-client", "Listening for incoming TCP connection"),
        UDP("udp", "udp", "UDPv4 link remote: [AF_UNSPEC]");

        private final String serverWord;
        private final String deviceWord;
        private final String listening;

        Outer(String serverWord, String deviceWord, String listening) {
            this.serverWord = serverWord;
            this.deviceWord = deviceWord;
            this.listening = listening;
        }
    }

    static OpenVpnPeer of(Spec spec) {
        Outer outer = switch (spec.text("proto", "tcp")) {
            case "tcp" -> Outer.TCP;
            case "udp" -> Outer.UDP;
            default -> throw spec.wrong(spec.text(), "proto=tcp or proto=udp");
        };
        OptionalInt queueLength = Peer.queueLength(spec);
        if (outer == Outer.UDP && spec.settings().containsKey(Peer.CONGESTION)) {
            throw spec.wrong(Peer.CONGESTION, "proto, " + Peer.QUEUE_LENGTH + "; over UDP there is no connection");
        }
        String congestionControl = Peer.congestionControl(spec, "proto", Peer.QUEUE_LENGTH);
        return new OpenVpnPeer(spec.text(), outer, congestionControl, queueLength);
    }

    @Override
    public List<Program> programs() {
        return List.of(new Program("openvpn", "openvpn"), new Program("openssl", "openssl"));
    }

    /** Over UDP nothing tells the device that its server has gone but a minute's silence. */
    @Override
    public boolean canRestartServer() {
        return outer == Outer.TCP;
    }

    @Override
    public Tunnel start(Site site) throws IOException, InterruptedException {
        site.deviceSide().setCongestionControl(congestionControl);
        site.serverSide().setCongestionControl(congestionControl);
        String serverPrint = makeCertificate(site.folder(), "server");
        String devicePrint = makeCertificate(site.folder(), "device");
        Tunnel.ServerStart serve = () -> serve(site, devicePrint);
        LabProcess server = serve.start();
        LabProcess device = start(
                site.deviceSide(),
                site.folder(),
                "device",
                serverPrint,
                Site.INNER_DEVICE,
                Site.INNER_SERVER,
                List.of(
                        "--proto",
                        outer.deviceWord,
                        "--remote",
                        Site.OUTER_SERVER.getHostAddress(),
                        PORT,
                        "--tls-client"));
        return new Tunnel(site.inner(), List.of(device), List.of(server)).restartable(serve);
    }

    private LabProcess serve(Site site, String devicePrint) throws IOException, InterruptedException {
        LabProcess server = start(
                site.serverSide(),
                site.folder(),
                "server",
                devicePrint,
                Site.INNER_SERVER,
                Site.INNER_DEVICE,
                List.of("--proto", outer.serverWord, "--port", PORT, "--tls-server", "--dh", "none"));
        server.awaitLine(outer.listening, START_LIMIT);
        return server;
    }

    private LabProcess start(
            LabNamespace host,
            Path folder,
            String end,
            String peerPrint,
            InetAddress own,
            InetAddress other,
            List<String> role)
            throws IOException {
        List<String> command =
                new ArrayList<>(List.of("sh", "-c", "PATH=$PATH:/usr/sbin exec openvpn \"$@\"", "openvpn"));
        command.addAll(role);
        command.addAll(List.of("--dev", "ovpn0", "--dev-type", "tun", "--disable-dco"));
        command.addAll(List.of("--ifconfig", own.getHostAddress(), other.getHostAddress()));
        command.addAll(List.of("--tun-mtu", String.valueOf(Site.MTU), "--keepalive", "10", "60"));
        queueLength.ifPresent(packets -> command.addAll(List.of("--txqueuelen", String.valueOf(packets))));
        command.addAll(List.of("--cert", folder.resolve(end + ".crt").toString()));
        command.addAll(List.of("--key", folder.resolve(end + ".key").toString()));
        command.addAll(List.of("--peer-fingerprint", peerPrint));
        return host.start(command.toArray(String[]::new));
    }

    /** Makes a key and its certificate, and returns the fingerprint as OpenVPN takes it. */
    private static String makeCertificate(Path folder, String end) throws IOException {
        String certificate = folder.resolve(end + ".crt").toString();
        Command.run(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=" + end,
                "-keyout",
                folder.resolve(end + ".key").toString(),
                "-out",
                certificate);
        String said = Command.run("openssl", "x509", "-noout", "-fingerprint", "-sha256", "-in", certificate);
        return said.substring(said.indexOf('=') + 1).strip().toUpperCase(Locale.ROOT);
    }
}
