package dev.tunbridge.bridge.supervisor;

import dev.tunbridge.bridge.BridgeState;
import dev.tunbridge.bridge.BridgeStats;
import dev.tunbridge.bridge.TunnelInfo;
import dev.tunbridge.bridge.config.Settings;
import dev.tunbridge.bridge.filter.Refusal;
import dev.tunbridge.bridge.measure.WaitHistogram;
import dev.tunbridge.bridge.supervisor.Problem.Severity;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/**
 * What {@code status} answers; docs/schema/status.json promises it. What is added later does not change what is here.
 *
 * @param version of this form
 * @param program its version
 * @param pid the service's process
 * @param started when it was
 * @param passing whether traffic passes through all tunnels
 * @param tunnels in the order of the configuration
 */
public record ServiceStatus(
        int version, String program, long pid, String started, boolean passing, List<TunnelStatus> tunnels) {
    private static final int VERSION = 1;

    /**
     * One tunnel.
     *
     * @param passing whether traffic passes
     * @param since when it has stood where it stands
     * @param seconds the same as a duration
     * @param session of the server; empty where there is none
     * @param events the last ten, the latest last
     * @param earned what each promise has earned since the start; empty where the tunnel does not answer
     */
    public record TunnelStatus(
            String name,
            String device,
            String server,
            BridgeState state,
            String detail,
            boolean passing,
            String since,
            long seconds,
            Optional<Session> session,
            List<Problem> problems,
            List<TunnelJournal.Event> events,
            Optional<Earned> earned) {}

    /** What the server has given. */
    public record Session(String carriage, int mtu, String deviceAddress, String serverAddress) {}

    /**
     * What each promise has earned.
     *
     * @param connections sessions so far
     * @param downBytes inner bytes from the server
     * @param upBytes inner bytes to the server
     * @param earlyFrames frames that did not wait for a lost segment in front of them
     * @param heldBackMs what packets have waited behind losses all the same, all of them together
     * @param bytesNotSentTwice inner payload that the outer connection carried already
     * @param marked packets that told their sender to slow down without a loss
     * @param drops packets that were not passed on, by reason; those without one are left out
     * @param queueBytes waiting for the outer connection now
     */
    public record Earned(
            long connections,
            long downBytes,
            long upBytes,
            long earlyFrames,
            double heldBackMs,
            long bytesNotSentTwice,
            long marked,
            Map<String, Long> drops,
            long queueBytes) {

        static Earned of(BridgeStats stats) {
            Map<String, Long> drops = new TreeMap<>();
            add(drops, "queue", stats.queue().dropped());
            add(drops, "device", stats.tun().droppedPackets());
            add(drops, "not-connected", stats.outer().notConnected());
            stats.refusedFromTunnel().forEach((reason, count) -> add(drops, "from-tunnel-" + spelling(reason), count));
            stats.refusedFromDevice().forEach((reason, count) -> add(drops, "from-device-" + spelling(reason), count));
            WaitHistogram waits = stats.receive().waits();
            return new Earned(
                    stats.connections(),
                    stats.down().bytes(),
                    stats.up().bytes(),
                    stats.receive().earlyFrames(),
                    waits.totalNanos() / 1e6,
                    stats.suppression()
                            .map(earned -> earned.copiedBytes() + earned.trimmedBytes())
                            .orElse(0L),
                    stats.queue().marked(),
                    drops,
                    stats.queue().bytes());
        }

        private static String spelling(Refusal reason) {
            return reason.name().toLowerCase(Locale.ROOT).replace('_', '-');
        }

        private static void add(Map<String, Long> drops, String reason, long count) {
            if (count > 0) {
                drops.put(reason, count);
            }
        }
    }

    /**
     * Takes it of all, or of one; waits half a second at most for counters.
     *
     * @param program its version
     */
    public static ServiceStatus of(List<SupervisedTunnel> tunnels, String program, Moment started) {
        List<CompletableFuture<Optional<BridgeStats>>> asked = tunnels.stream()
                .map(tunnel -> tunnel.stats().handle((stats, fault) -> Optional.ofNullable(stats)))
                .toList();
        List<TunnelStatus> told = new java.util.ArrayList<>();
        for (int i = 0; i < tunnels.size(); i++) {
            told.add(of(tunnels.get(i), asked.get(i).join()));
        }
        return new ServiceStatus(
                VERSION,
                program,
                ProcessHandle.current().pid(),
                started.text(),
                told.stream().allMatch(TunnelStatus::passing),
                told);
    }

    private static TunnelStatus of(SupervisedTunnel tunnel, Optional<BridgeStats> stats) {
        TunnelJournal.Entry entry = tunnel.journal().now();
        List<Problem> problems = Problems.of(tunnel, entry, stats);
        boolean isPassing = entry.state() == BridgeState.ESTABLISHED
                && entry.tunnel().isPresent()
                && problems.stream().noneMatch(problem -> problem.severity() == Severity.ERROR);
        return new TunnelStatus(
                tunnel.name(),
                tunnel.device(),
                tunnel.config().config().text(Settings.SERVER),
                entry.state(),
                entry.detail(),
                isPassing,
                entry.since().text(),
                entry.since().seconds(),
                entry.tunnel().map(ServiceStatus::session),
                problems,
                entry.events(),
                stats.map(Earned::of));
    }

    private static Session session(TunnelInfo tunnel) {
        return new Session(
                tunnel.carriage().key(),
                tunnel.mtu(),
                tunnel.deviceAddress().getHostAddress() + "/" + tunnel.prefixLength(),
                tunnel.serverAddress().getHostAddress());
    }
}
