package dev.tunbridge.sim.bench.plan;

import java.util.List;
import java.util.OptionalInt;

/**
 * A comparison that is asked for by one word; what is given besides goes before. A peer, link or load is one line here.
 *
 * @param peers as {@link BenchOptions#peers}
 * @param seconds of each load; 0 for its own
 * @param warmUpSeconds as {@link BenchOptions#warmUpSeconds}
 */
public record Preset(
        List<String> peers,
        List<String> profiles,
        List<String> workloads,
        int seconds,
        OptionalInt warmUpSeconds,
        int runs,
        BenchOptions.Lacking lacking) {

    /** Without a word. */
    public static final Preset STANDARD = new Preset(
            List.of("direct", "vtun", "openvpn", "ours"),
            List.of("veth", "wan1"),
            List.of("tcp:down", "tcp:up", "stream:down", "voice:down", "ping:idle", "ping:up"),
            0,
            OptionalInt.empty(),
            3,
            BenchOptions.Lacking.INSTALL);

    /** In two to three minutes. */
    public static final Preset QUICK = new Preset(
            List.of("direct", "vtun", "ours"),
            List.of("veth", "wan1"),
            List.of("tcp:down", "tcp:up", "stream:down", "ping:idle"),
            2,
            OptionalInt.of(1),
            1,
            BenchOptions.Lacking.LEAVE_OUT);

    /** Everything, in days. */
    public static final Preset FULL = new Preset(
            List.of(
                    "direct", //
                    "direct:reordering=loose",
                    "vtun",
                    "openvpn",
                    "openvpn:proto=udp",
                    "wireguard",
                    "wireguard-go",
                    "tinc",
                    "ssh",
                    "sshuttle",
                    "ours",
                    "ours:write=batch"),
            List.of(
                    "veth", //
                    "baseline",
                    "low",
                    "medium",
                    "high",
                    "wan0",
                    "wan1",
                    "wan3",
                    "ge",
                    "blackout",
                    "sea120"),
            List.of(
                    "tcp:down", //
                    "tcp:down,flows=8",
                    "tcp:down,flows=16",
                    "tcp:up",
                    "tcp:up,flows=8",
                    "tcp:up,flows=16",
                    "udp:down,rate=10",
                    "udp:up,rate=10",
                    "udp:down,flood=yes",
                    "udp:up,flood=yes",
                    "stream:down",
                    "stream:up",
                    "stream:down,rate=25",
                    "stream:up,rate=25",
                    "stream:down,rate=32",
                    "stream:up,rate=32",
                    "voice:down",
                    "voice:up",
                    "ping:idle",
                    "ping:load=down",
                    "ping:load=up",
                    "connect",
                    "http",
                    "https",
                    "files",
                    "quic:down",
                    "quic:up",
                    "reconnect"),
            0,
            OptionalInt.empty(),
            3,
            BenchOptions.Lacking.INSTALL);

    public Preset {
        peers = List.copyOf(peers);
        profiles = List.copyOf(profiles);
        workloads = List.copyOf(workloads);
    }
}
