package dev.tunbridge.sim.bench;

import dev.tunbridge.bridge.config.ConfigException;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/** A way to bring packets from one end of the link to the other. */
sealed interface Peer permits DirectPeer, VtunPeer, OpenVpnPeer, OwnPeer {

    String ALLOWED = "direct, vtun, openvpn or ours, with :key=value,... behind it or not";

    /** As typed, and as the table heads its column. */
    String name();

    /** What has to be installed. */
    List<Program> programs();

    /** Starts both ends; the tunnel need not carry anything yet. What has been started is the site's to end on failure. */
    Tunnel start(Site site) throws IOException, InterruptedException;

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
            case "direct" -> {
                spec.requireNothingElse("no setting");
                yield new DirectPeer();
            }
            case "vtun" -> new VtunPeer(text, congestionControl(spec));
            case "openvpn" -> new OpenVpnPeer(text, congestionControl(spec));
            case "ours" -> OwnPeer.of(spec, ownSettings);
            default -> throw spec.wrong(spec.name(), ALLOWED);
        };
    }

    private static String congestionControl(Spec spec) {
        String algorithm = spec.text("congestion-control", Site.CONGESTION_CONTROL);
        spec.requireNothingElse("congestion-control");
        if (!algorithm.matches("[a-z0-9_-]{1,15}")) {
            throw spec.wrong(algorithm, "a congestion control of this kernel");
        }
        return algorithm;
    }
}
