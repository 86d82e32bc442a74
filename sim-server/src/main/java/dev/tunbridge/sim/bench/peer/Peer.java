package dev.tunbridge.sim.bench.peer;

import com.google.common.collect.Lists;
import dev.tunbridge.bridge.config.ConfigException;
import dev.tunbridge.bridge.config.Settings;
import dev.tunbridge.linux.CongestionControl;
import dev.tunbridge.linux.LinuxException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** A way to bring packets from one end of the link to the other; docs/benchmark.md says what each is. */
public sealed interface Peer
        permits DirectPeer,
                VtunPeer,
                OpenVpnPeer,
                WireGuardPeer,
                TincPeer,
                SshPeer,
                SshForwardPeer,
                SshuttlePeer,
                RelayPeer,
                OwnPeer {

    String ALLOWED = "direct, vtun, openvpn, wireguard, wireguard-go, tinc, ssh, sshuttle, socat, haproxy or ours, "
            + "with :key=value,... behind it or not";

    String CONGESTION = "congestion-control";

    /** Of the TUN device, in packets; every tunnel takes it. */
    String QUEUE_LENGTH = Settings.TUN_TX_QUEUE_LENGTH.key();

    int MAX_QUEUE_LENGTH = 100_000;

    /** As typed, and as the table heads its column. */
    String name();

    /** What has to be installed. */
    List<Program> programs();

    /** Why this machine cannot have it, whatever is installed; empty where it can. */
    default Optional<String> unavailable() throws IOException {
        return Optional.empty();
    }

    /** Whether its tunnels can kill their server end and start it again. */
    default boolean canRestartServer() {
        return false;
    }

    /** Whether its tunnels carry packets, of any kind; a proxy carries what connections of TCP hold, and nothing else. */
    default boolean carriesPackets() {
        return true;
    }

    /** Whether datagrams pass, in packets or without. */
    default boolean carriesDatagrams() {
        return carriesPackets();
    }

    /** Starts both ends; the tunnel need not carry anything yet. What has been started is the site's to end on failure. */
    Tunnel start(Site site) throws IOException, InterruptedException;

    /** Waits until the tunnel carries something both ways; the limit, or the end of a process of it, is an error. */
    default void awaitPath(Tunnel tunnel, Duration limit) throws IOException, InterruptedException {
        if (carriesDatagrams()) {
            EchoProbe.awaitPath(tunnel, limit);
        } else {
            ConnectProbe.awaitPath(tunnel, limit);
        }
    }

    /**
     * From {@code vtun}, {@code vtun:congestion-control=bbr} or {@code ours:write=batch,queue.bytes=1MiB}.
     *
     * @param ownSettings of every {@code ours}, under those of its own
     * @throws ConfigException for what is not known
     */
    static Peer parse(String text, Map<String, String> ownSettings) {
        Spec spec = Spec.parse("--peer", text);
        if (!spec.words().isEmpty()) {
            throw spec.wrong(spec.words().get(0), "key=value");
        }
        return switch (spec.name()) {
            case "direct" -> DirectPeer.of(spec);
            case "vtun" -> {
                OptionalInt queueLength = queueLength(spec);
                yield new VtunPeer(text, congestionControl(spec, QUEUE_LENGTH), queueLength);
            }
            case "openvpn" -> OpenVpnPeer.of(spec);
            case "wireguard" -> WireGuardPeer.of(spec, WireGuardPeer.Engine.KERNEL);
            case "wireguard-go" -> WireGuardPeer.of(spec, WireGuardPeer.Engine.PROCESS);
            case "tinc" -> {
                OptionalInt queueLength = queueLength(spec);
                yield new TincPeer(text, congestionControl(spec, QUEUE_LENGTH), queueLength);
            }
            case "ssh" -> {
                Optional<SshForwardPeer> forward = SshForwardPeer.asked(spec);
                if (forward.isPresent()) {
                    yield forward.get();
                }
                OptionalInt queueLength = queueLength(spec);
                yield new SshPeer(text, congestionControl(spec, QUEUE_LENGTH), queueLength);
            }
            case "sshuttle" -> new SshuttlePeer(text, congestionControl(spec));
            case "socat" -> RelayPeer.socat(spec);
            case "haproxy" -> RelayPeer.haproxy(spec);
            case "ours" -> OwnPeer.of(spec, ownSettings);
            default -> throw spec.wrong(spec.name(), ALLOWED);
        };
    }

    /** The peer of this text with a queue of so many packets; the bare link takes none. */
    static String withQueueLength(String text, int packets) {
        return text + (text.contains(":") ? "," : ":") + QUEUE_LENGTH + "=" + packets;
    }

    /** By the name that it has in the bridge's own settings. */
    static OptionalInt queueLength(Spec spec) {
        int packets = spec.number(QUEUE_LENGTH, 0, 1, MAX_QUEUE_LENGTH);
        return packets == 0 ? OptionalInt.empty() : OptionalInt.of(packets);
    }

    /** Of the outer connection; to be called once everything else has been taken. */
    static String congestionControl(Spec spec, String... alsoAllowed) {
        String algorithm = spec.text(CONGESTION, Site.CONGESTION_CONTROL);
        spec.requireNothingElse(String.join(", ", Lists.asList(CONGESTION, alsoAllowed)));
        if (!algorithm.matches("[a-z0-9_-]{1,15}")) {
            throw spec.wrong(algorithm, "a congestion control of this kernel");
        }
        requireInKernel(spec, algorithm);
        return algorithm;
    }

    /** Asks the kernel now, rather than in every cell. */
    static void requireInKernel(Spec spec, String algorithm) {
        try {
            Optional<String> refusal = CongestionControl.refusal(algorithm);
            if (refusal.isPresent() && !CongestionControl.available().contains(algorithm)) {
                throw spec.wrong(algorithm, refusal.get());
            }
        } catch (LinuxException e) {
            // A machine without sockets says so when the first cell begins.
        }
    }
}
