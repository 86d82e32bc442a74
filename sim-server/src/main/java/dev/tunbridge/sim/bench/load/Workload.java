package dev.tunbridge.sim.bench.load;

import dev.tunbridge.bridge.config.ConfigException;
import dev.tunbridge.sim.bench.measure.Measures;
import dev.tunbridge.sim.bench.measure.Metric;
import dev.tunbridge.sim.bench.peer.Direction;
import dev.tunbridge.sim.bench.peer.Peer;
import dev.tunbridge.sim.bench.peer.Spec;
import dev.tunbridge.sim.bench.peer.Tunnel;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** A load that is played between two ends and measures itself. */
public sealed interface Workload
        permits TcpWorkload,
                UdpWorkload,
                StreamWorkload,
                VoiceWorkload,
                PingWorkload,
                ConnectWorkload,
                GreetingWorkload,
                IdleWorkload,
                StalledWorkload,
                HttpWorkload,
                FilesWorkload,
                QuicWorkload,
                ReconnectWorkload,
                BlackoutWorkload {

    String ALLOWED =
            "tcp, udp, stream, voice, ping, connect, greeting, idle, stalled, http, https, files, quic, reconnect or blackout, with :words,key=value behind it or not";

    /** As typed, and in words. */
    String describe();

    /** How long it plays; connecting and waiting for stragglers come on top. */
    Duration length();

    /** What it measures, the first being what it is about; a tunnel may hide some of it. */
    List<Metric> metrics();

    /** Why it cannot be played through a peer, which is no fault of that, or here at all; empty where it can. */
    default Optional<String> cannotThrough(Peer peer) {
        return peer.carriesDatagrams() || isMadeOfConnections()
                ? Optional.empty()
                : Optional.of("it is a proxy for TCP and carries no datagrams");
    }

    /** Whether it is played over connections of TCP alone, which a proxy can carry. */
    default boolean isMadeOfConnections() {
        return false;
    }

    /** Something like the load, for so long, before it is measured: a service is not judged by its first second. */
    default void warmUp(Tunnel tunnel, Duration time) throws IOException, InterruptedException {
        for (Direction direction : Direction.values()) {
            BulkTransfer.play(tunnel.ends(), direction, 1, time.toNanos());
        }
    }

    /** Plays once; a bounded time, also where nothing passes. */
    Measures play(Tunnel tunnel) throws IOException, InterruptedException;

    /**
     * From {@code tcp:up,flows=16,seconds=20}, {@code stream:down,rate=4}, {@code voice:up}, {@code ping:up} or {@code
     * blackout:for=2}.
     *
     * @param seconds where the text says none; 0 for each workload's own
     * @throws ConfigException for what is not known
     */
    static Workload parse(String text, int seconds) {
        Spec spec = Spec.parse("--workload", text);
        Workload workload = switch (spec.name()) {
            case "tcp" -> TcpWorkload.of(spec, seconds);
            case "udp" -> UdpWorkload.of(spec, seconds);
            case "stream" -> StreamWorkload.of(spec, seconds);
            case "voice" -> VoiceWorkload.of(spec, seconds);
            case "ping" -> PingWorkload.of(spec, seconds);
            case "connect" -> ConnectWorkload.of(spec, seconds);
            case "greeting" -> GreetingWorkload.of(spec, seconds);
            case "idle" -> IdleWorkload.of(spec, seconds);
            case "stalled" -> StalledWorkload.of(spec, seconds);
            case "http" -> HttpWorkload.of(HttpWorkload.Scheme.HTTP, spec, seconds);
            case "https" -> HttpWorkload.of(HttpWorkload.Scheme.HTTPS, spec, seconds);
            case "files" -> FilesWorkload.of(spec);
            case "quic" -> QuicWorkload.of(spec, seconds);
            case "reconnect" -> ReconnectWorkload.of(spec);
            case "blackout" -> BlackoutWorkload.of(spec, seconds);
            default -> throw spec.wrong(spec.name(), ALLOWED);
        };
        spec.requireNothingElse("fewer settings");
        return workload;
    }

    /** Down or up. */
    static Direction direction(Spec spec) {
        return spec.word("down", List.of("down", "up")).equals("up") ? Direction.UP : Direction.DOWN;
    }

    /** How long, from the text or else from the caller or else its own. */
    static Duration seconds(Spec spec, int given, int own) {
        return Duration.ofSeconds(spec.number("seconds", given > 0 ? given : own, 1, 3_600));
    }
}
