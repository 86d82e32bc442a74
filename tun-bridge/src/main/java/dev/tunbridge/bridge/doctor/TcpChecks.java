package dev.tunbridge.bridge.doctor;

import java.io.IOException;
import java.util.List;
import java.util.OptionalLong;

/**
 * How the kernel's TCP is set, by Documentation/networking/ip-sysctl.rst. The outer connection is an ordinary one, and so are local
 * connections into the tunnel.
 */
final class TcpChecks {
    static final List<Check> ALL = List.of(
            TcpChecks::selectiveAcknowledgements,
            TcpChecks::timestamps,
            TcpChecks::windowScaling,
            TcpChecks::buffers,
            TcpChecks::autotuning,
            TcpChecks::congestionControl,
            TcpChecks::reordering,
            TcpChecks::tailLossProbe,
            TcpChecks::rack);

    private static final String FOLDER = "/proc/sys/net/ipv4/";

    /** Half of it is window (tcp_adv_win_scale): 42 Mbit/s at 100 ms. Linux gives 4 and 6 MiB where there is memory. */
    private static final long LEAST_BUFFER_BYTES = 1 << 20;

    private static final long USUAL_RECEIVE_BYTES = 6 << 20;
    private static final long USUAL_SEND_BYTES = 4 << 20;

    /** TCP_FASTRETRANS_THRESH. */
    private static final long USUAL_REORDERING = 3;

    private TcpChecks() {}

    private static void selectiveAcknowledgements(Survey survey, Findings findings) throws IOException {
        wanted(survey, findings, FindingCode.TCP_SACK_OFF, "tcp_sack");
    }

    private static void timestamps(Survey survey, Findings findings) throws IOException {
        wanted(survey, findings, FindingCode.TCP_TIMESTAMPS_OFF, "tcp_timestamps");
    }

    private static void windowScaling(Survey survey, Findings findings) throws IOException {
        wanted(survey, findings, FindingCode.TCP_WINDOW_SCALING_OFF, "tcp_window_scaling");
    }

    private static void autotuning(Survey survey, Findings findings) throws IOException {
        wanted(survey, findings, FindingCode.TCP_AUTOTUNING_OFF, "tcp_moderate_rcvbuf");
    }

    private static void wanted(Survey survey, Findings findings, FindingCode code, String name) throws IOException {
        OptionalLong value = survey.host().number(FOLDER + name);
        if (value.isPresent() && value.getAsLong() == 0) {
            findings.add(sysctl(code, name, "0", "1"));
        }
    }

    private static Finding sysctl(FindingCode code, String name, String was, String wanted) {
        return Finding.of(
                code,
                Finding.HOST,
                FOLDER + name + " is " + was,
                "sysctl -w net.ipv4." + name + "=" + (wanted.contains(" ") ? "'" + wanted + "'" : wanted),
                List.of(new Fix.FileValue(FOLDER + name, was, wanted)));
    }

    private static void buffers(Survey survey, Findings findings) throws IOException {
        buffer(survey.host(), findings, FindingCode.TCP_RMEM_SMALL, "tcp_rmem", USUAL_RECEIVE_BYTES);
        buffer(survey.host(), findings, FindingCode.TCP_WMEM_SMALL, "tcp_wmem", USUAL_SEND_BYTES);
    }

    private static void buffer(Host host, Findings findings, FindingCode code, String name, long usual)
            throws IOException {
        long[] sizes = Kernels.numbers(host, FOLDER + name);
        if (sizes.length == 3 && sizes[2] < LEAST_BUFFER_BYTES) {
            String was = sizes[0] + " " + sizes[1] + " " + sizes[2];
            findings.add(sysctl(code, name, was, sizes[0] + " " + sizes[1] + " " + usual));
        }
    }

    private static void congestionControl(Survey survey, Findings findings) throws IOException {
        List<String> available = List.of(
                survey.host().value(FOLDER + "tcp_available_congestion_control").split(" ", -1));
        String standard = survey.host().value(FOLDER + "tcp_congestion_control");
        for (TunnelFacts tunnel : survey.tunnels()) {
            String wanted = tunnel.congestionControl();
            if (!wanted.equals("default")
                    && !available.contains(wanted)
                    // The kernel loads it for who has CAP_NET_ADMIN (tcp_ca_find_autoload in net/ipv4/tcp_cong.c).
                    && !KernelChecks.isInstalled(survey.host(), "tcp_" + wanted)) {
                findings.add(Finding.of(
                        FindingCode.CONGESTION_CONTROL_MISSING,
                        tunnel.device(),
                        "socket.congestion-control is " + wanted + ", and " + FOLDER
                                + "tcp_available_congestion_control has " + String.join(", ", available),
                        "install the module tcp_" + wanted
                                + " of this kernel, or: --set socket.congestion-control=default"));
            }
        }
        boolean isUsed = survey.tunnels().isEmpty()
                || survey.tunnels().stream()
                        .anyMatch(tunnel -> tunnel.congestionControl().equals("default"));
        if (isUsed && standard.equals("reno")) {
            String better = available.contains("bbr") ? "bbr" : "cubic";
            findings.add(Finding.of(
                    FindingCode.CONGESTION_CONTROL_RENO,
                    Finding.HOST,
                    FOLDER + "tcp_congestion_control is reno",
                    (available.contains(better) ? "" : "modprobe tcp_" + better + " && ")
                            + "sysctl -w net.ipv4.tcp_congestion_control=" + better));
        }
    }

    private static void reordering(Survey survey, Findings findings) throws IOException {
        OptionalLong value = survey.host().number(FOLDER + "tcp_reordering");
        if (value.isPresent() && value.getAsLong() != USUAL_REORDERING) {
            FindingCode code = value.getAsLong() < USUAL_REORDERING
                    ? FindingCode.TCP_REORDERING_LOW
                    : FindingCode.TCP_REORDERING_HIGH;
            findings.add(sysctl(code, "tcp_reordering", String.valueOf(value.getAsLong()), "3"));
        }
    }

    /** Of the values only 3 and 4 have the probe (tcp_schedule_loss_probe in net/ipv4/tcp_output.c). */
    private static void tailLossProbe(Survey survey, Findings findings) throws IOException {
        OptionalLong value = survey.host().number(FOLDER + "tcp_early_retrans");
        if (value.isPresent() && value.getAsLong() != 3 && value.getAsLong() != 4) {
            findings.add(sysctl(
                    FindingCode.TCP_TAIL_LOSS_PROBE_OFF, "tcp_early_retrans", String.valueOf(value.getAsLong()), "3"));
        }
    }

    /**
     * Without bit 0 RACK (RFC 8985) was off, until Linux 6.17 took out what stood in for it (commit 1c120191dcec, "tcp: remove obsolete and
     * unused RFC3517/RFC6675 loss recovery code").
     */
    private static void rack(Survey survey, Findings findings) throws IOException {
        OptionalLong value = survey.host().number(FOLDER + "tcp_recovery");
        if (value.isEmpty() || (value.getAsLong() & 1) != 0) {
            return;
        }
        String was = String.valueOf(value.getAsLong());
        if (KernelVersion.of(survey.host()).isBefore(6, 17)) {
            findings.add(sysctl(FindingCode.TCP_RACK_OFF, "tcp_recovery", was, String.valueOf(value.getAsLong() | 1)));
        } else {
            findings.add(
                    Finding.of(FindingCode.TCP_RECOVERY_IGNORED, Finding.HOST, FOLDER + "tcp_recovery is " + was, ""));
        }
    }
}
