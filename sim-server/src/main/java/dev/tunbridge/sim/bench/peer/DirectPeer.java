package dev.tunbridge.sim.bench.peer;

import dev.tunbridge.sim.lab.LabNamespace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The bare link: what no tunnel can beat by much, unless packets change their order. Loosened, both hosts take less of
 * that for loss.
 *
 * @param name as typed
 */
record DirectPeer(String name, boolean isLoose) implements Peer {
    private static final Path SYSCTLS = Path.of("/proc/sys/net/ipv4");

    /**
     * As the kernel's ip-sysctl has them. Thirty packets out of order instead of three begin a recovery: what overtakes
     * 4 ms at 100 Mbit/s overtakes as many. Without bit 0 of tcp_recovery kernels before 6.17 go by that count and not
     * by time (RACK, RFC 8985); later ones have nothing but RACK, in which bit 2 leaves that count away and always
     * waits a quarter of the shortest round trip. Without tcp_early_retrans there is no tail loss probe.
     */
    private static final Map<String, String> LOOSE =
            Map.of("tcp_reordering", "30", "tcp_recovery", "4", "tcp_early_retrans", "0");

    static DirectPeer of(Spec spec) {
        String reordering = spec.text("reordering", "kernel");
        spec.requireNothingElse("reordering");
        if (!reordering.equals("kernel") && !reordering.equals("loose")) {
            throw spec.wrong("reordering=" + reordering, "reordering=kernel or reordering=loose");
        }
        return new DirectPeer(spec.text(), reordering.equals("loose"));
    }

    @Override
    public List<Program> programs() {
        return List.of();
    }

    @Override
    public Tunnel start(Site site) throws IOException {
        if (isLoose) {
            loosen(site.deviceSide());
            loosen(site.serverSide());
        }
        return new Tunnel(site.outer(), List.of(), List.of());
    }

    /** They are the namespace's own, and go with it. */
    private static void loosen(LabNamespace host) throws IOException {
        host.call(() -> {
            for (Map.Entry<String, String> sysctl : LOOSE.entrySet()) {
                Files.writeString(SYSCTLS.resolve(sysctl.getKey()), sysctl.getValue());
            }
            return host;
        });
    }
}
