package dev.tunbridge.sim.bench.peer;

import dev.tunbridge.sim.lab.Lab;
import dev.tunbridge.sim.lab.LabNamespace;
import dev.tunbridge.sim.lab.LabProcess;
import dev.tunbridge.sim.link.Command;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * WireGuard, over UDP as always, by the kernel or by a process. Configured as wg(8) shows; the device, which may be
 * behind an address translation, knows where the server is and keeps the way open, the server learns where the device
 * is.
 *
 * @param name as typed
 * @param queueLength of its devices in packets; the kernel's own where it is empty
 */
record WireGuardPeer(String name, Engine engine, OptionalInt queueLength) implements Peer {
    private static final int PORT = 51_820;
    private static final String DEVICE = "wg0";
    private static final Duration START_LIMIT = Duration.ofSeconds(20);
    private static final Duration SETUP_LIMIT = Duration.ofSeconds(10);

    /**
     * Where the process makes its device, its socket is in a /run of its own, for every WireGuard of the machine has it
     * in one folder. Arguments: the configuration, and the ip commands that set the device up.
     */
    private static final String PROCESS_START = """
            mount -t tmpfs none /run && mkdir -p /run/wireguard || exit
            {
                for i in $(seq 200); do [ -S /run/wireguard/wg0.sock ] && break; sleep 0.05; done
                wg setconf wg0 "$0" && ip -batch "$1" && echo configured
            } &
            exec wireguard-go --foreground wg0
            """;

    /** Who moves the packets. */
    enum Engine {
        KERNEL,
        PROCESS
    }

    /** A key pair in base64, as wg has it. */
    private record Keys(String secret, String known) {
        static Keys make() throws IOException {
            String secret = Command.run("wg", "genkey").strip();
            Command.Result known = Command.run(SETUP_LIMIT, secret + "\n", List.of("wg", "pubkey"));
            if (!known.isSuccess()) {
                throw new IOException("wg pubkey: " + known.errors().strip());
            }
            return new Keys(secret, known.output().strip());
        }
    }

    static WireGuardPeer of(Spec spec, Engine engine) {
        OptionalInt queueLength = Peer.queueLength(spec);
        spec.requireNothingElse(Peer.QUEUE_LENGTH);
        return new WireGuardPeer(spec.text(), engine, queueLength);
    }

    @Override
    public List<Program> programs() {
        Program tool = new Program("wg", "wireguard-tools");
        return engine == Engine.KERNEL ? List.of(tool) : List.of(tool, new Program("wireguard-go", "wireguard-go"));
    }

    /** Whether the kernel has WireGuard is known when it has made such a device. */
    @Override
    public Optional<String> unavailable() throws IOException {
        if (engine == Engine.PROCESS) {
            return Optional.empty();
        }
        try (Lab probe = Lab.open()) {
            Command.Result made =
                    probe.namespace("wireguard").run(SETUP_LIMIT, "ip", "link", "add", DEVICE, "type", "wireguard");
            return made.isSuccess()
                    ? Optional.empty()
                    : Optional.of("this kernel makes no WireGuard device (ip link add type wireguard: "
                            + made.errors().strip() + "); wireguard-go does without");
        }
    }

    @Override
    public Tunnel start(Site site) throws IOException, InterruptedException {
        Keys deviceKeys = Keys.make();
        Keys serverKeys = Keys.make();
        Path serverFile = configure(site, "server", serverKeys, deviceKeys, Site.INNER_DEVICE, "");
        Path deviceFile = configure(
                site,
                "device",
                deviceKeys,
                serverKeys,
                Site.INNER_SERVER,
                "Endpoint = " + Site.OUTER_SERVER.getHostAddress() + ":" + PORT + "\nPersistentKeepalive = 25\n");
        List<LabProcess> server = start(site.serverSide(), serverFile, Site.INNER_SERVER);
        List<LabProcess> device = start(site.deviceSide(), deviceFile, Site.INNER_DEVICE);
        return new Tunnel(site.inner(), device, server);
    }

    private static Path configure(Site site, String end, Keys own, Keys other, InetAddress inner, String more)
            throws IOException {
        Path file = site.folder().resolve(end + ".conf");
        Files.writeString(file, """
                [Interface]
                PrivateKey = %s
                ListenPort = %d
                [Peer]
                PublicKey = %s
                AllowedIPs = %s/32
                """.formatted(own.secret(), PORT, other.known(), inner.getHostAddress()) + more);
        return file;
    }

    /** Returns the process where it is one. */
    private List<LabProcess> start(LabNamespace host, Path file, InetAddress own)
            throws IOException, InterruptedException {
        String queue = queueLength.isPresent() ? " txqueuelen " + queueLength.getAsInt() : "";
        List<String> commands = List.of(
                "address add " + own.getHostAddress() + "/" + Site.PREFIX_LENGTH + " dev " + DEVICE,
                "link set dev " + DEVICE + " mtu " + Site.MTU + queue + " up");
        if (engine == Engine.PROCESS) {
            Path batch = Files.write(file.resolveSibling(file.getFileName() + ".ip"), commands);
            LabProcess process =
                    host.start("unshare", "--mount", "sh", "-c", PROCESS_START, file.toString(), batch.toString());
            process.awaitLine("configured", START_LIMIT);
            return List.of(process);
        }
        host.call(() -> {
            Command.run("ip", "link", "add", DEVICE, "type", "wireguard");
            Command.run("wg", "setconf", DEVICE, file.toString());
            Command.runIpBatch(commands);
            return commands;
        });
        return List.of();
    }
}
