package dev.tunbridge.bridge.supervisor;

import dev.tunbridge.bridge.BridgeException;
import dev.tunbridge.bridge.BridgeState;
import dev.tunbridge.bridge.BridgeStats;
import dev.tunbridge.bridge.Trouble;
import dev.tunbridge.bridge.config.Settings;
import dev.tunbridge.bridge.path.SocketStats;
import dev.tunbridge.bridge.path.TuningStats;
import dev.tunbridge.bridge.supervisor.Problem.Severity;
import dev.tunbridge.reassembly.recovery.LaneState;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What is wrong with a tunnel now. */
final class Problems {
    /** After so many timeouts in a row nobody would call it passing. */
    private static final long SILENT_TIMEOUTS = 2;

    private static final String ALL = "all traffic of the tunnel";
    private static final String LOSSES = "what comes behind a lost segment: it waits for the repair";

    private final SupervisedTunnel tunnel;
    private final List<Problem> found = new ArrayList<>();

    private Problems(SupervisedTunnel tunnel) {
        this.tunnel = tunnel;
    }

    /** @param stats of this moment; empty where the tunnel's loop does not answer */
    static List<Problem> of(SupervisedTunnel tunnel, TunnelJournal.Entry now, Optional<BridgeStats> stats) {
        Problems problems = new Problems(tunnel);
        now.trouble().ifPresent(trouble -> problems.waiting(trouble, now.detail()));
        tunnel.fault().ifPresent(problems::ended);
        if (now.state() == BridgeState.ESTABLISHED) {
            stats.ifPresentOrElse(problems::established, problems::stuck);
        }
        return List.copyOf(problems.found);
    }

    private void waiting(Trouble trouble, String detail) {
        String host = tunnel.config().config().server().host();
        int port = tunnel.config().config().server().port();
        switch (trouble) {
            case NAME -> error("server-name-unknown", detail, "getent ahosts " + host);
            case UNREACHABLE -> error("server-unreachable", detail, "nc -vz " + host + " " + port);
            case LOGIN ->
                error(
                        "login-failed",
                        detail,
                        "tunbridge capture --server " + tunnel.config().config().server() + " --out login.pcapng");
            case LOST -> error("session-lost", detail, "tunbridge reconnect " + tunnel.name());
            case HOST -> error("host-refuses", detail, "tunbridge doctor");
            case INTERNAL -> error("internal-fault", detail, "tunbridge log-level debug");
        }
    }

    private void ended(BridgeException fault) {
        String text = String.valueOf(fault.getMessage());
        String again = "tunbridge reconnect " + tunnel.name();
        switch (fault.reason()) {
            case REFUSED -> error("login-refused", text, "tunbridge reload (once identity.* is right)");
            case PERMISSION -> error("not-permitted", text, "tunbridge doctor");
            case DEVICE -> error("device-refused", text, "ip -details link show " + tunnel.device());
            case DEVICE_LOST -> error("device-lost", text, again);
        }
    }

    private void stuck() {
        error(
                "loop-stuck",
                "the tunnel's event loop has not answered for half a second",
                "jstack " + ProcessHandle.current().pid());
    }

    private void established(BridgeStats stats) {
        long timeouts = stats.socket().map(SocketStats::timeouts).orElse(0L);
        if (timeouts >= SILENT_TIMEOUTS) {
            error(
                    "server-silent",
                    "the server's host has acknowledged nothing through " + timeouts + " retransmission timeouts",
                    "tunbridge reconnect " + tunnel.name());
        }
        if (tunnel.config().config().get(Settings.RECOVERY_ENABLED)) {
            lane(stats.receive().lane());
        }
        long dropped = stats.tuning().map(TuningStats::deviceDropped).orElse(0L);
        if (dropped > 0) {
            warning(
                    "device-drops",
                    dropped + " packets found no room in the device since the start",
                    "bursts of local senders",
                    "tunbridge run --set tun.tx-queue-length=1000");
        }
        long refused = stats.tuning().map(TuningStats::faults).orElse(0L);
        if (refused > 0) {
            warning(
                    "tuning-refused",
                    refused + " settings of routes or the device's qdisc were refused by the kernel",
                    "how local senders take losses and queues",
                    "tunbridge log-level info");
        }
    }

    private void lane(LaneState lane) {
        switch (lane) {
            case FORBIDDEN -> warning("capture-not-permitted", "CAP_NET_RAW is missing", LOSSES, "tunbridge doctor");
            case FAILED ->
                warning(
                        "capture-failed",
                        "the capture could not be opened, or has ended",
                        LOSSES,
                        "tunbridge reconnect " + tunnel.name());
            case BLIND ->
                warning(
                        "capture-blind",
                        "the capture does not see what the kernel receives",
                        LOSSES,
                        "tunbridge capture --server " + tunnel.config().config().server() + " --out outer.pcapng");
            case LATE, AMBIGUOUS ->
                warning(
                        "capture-unplaced",
                        "the handshake of this connection was not captured, or twice",
                        LOSSES,
                        "tunbridge reconnect " + tunnel.name());
            case LATCHED_OFF ->
                warning(
                        "capture-contradicted",
                        "a segment had other bytes than the kernel's, so nothing goes early for a while",
                        LOSSES,
                        "tunbridge capture --server " + tunnel.config().config().server() + " --out outer.pcapng");
            case ACTIVE, RESTING, PROVEN_ONLY, MEASURING, OFF, IDLE -> {
                // as it should be, or as somebody wanted it
            }
        }
    }

    private void error(String code, String text, String mend) {
        found.add(new Problem(code, Severity.ERROR, text, ALL, mend));
    }

    private void warning(String code, String text, String affects, String mend) {
        found.add(new Problem(code, Severity.WARNING, text, affects, mend));
    }
}
