package dev.tunbridge.bridge.doctor;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a container or a hardened unit withholds: system calls, sysctls, a place for native libraries. */
final class SandboxChecks {
    static final List<Check> ALL = List.of(SandboxChecks::seccomp, SandboxChecks::sysctls, SandboxChecks::temporary);

    private static final String MOUNTS = "/proc/self/mountinfo";

    /** SECCOMP_MODE_FILTER. */
    private static final String FILTERED = "2";

    private SandboxChecks() {}

    private record Mount(String point, List<String> options) {}

    private static void seccomp(Survey survey, Findings findings) throws IOException {
        Map<String, String> status = Kernels.table(survey.host(), "/proc/self/status");
        if (FILTERED.equals(status.get("Seccomp"))) {
            findings.add(
                    Finding.of(
                            FindingCode.SECCOMP_FILTER,
                            Finding.HOST,
                            "/proc/self/status has Seccomp: 2 (" + status.getOrDefault("Seccomp_filters", "some")
                                    + " filters)",
                            "where a call fails with EPERM or ENOSYS: SystemCallFilter=@system-service @network-io in the unit"));
        }
    }

    private static void sysctls(Survey survey, Findings findings) throws IOException {
        if (!survey.usesDevice()) {
            return;
        }
        Optional<Mount> mount = holding(mounts(survey.host()), "/proc/sys");
        if (mount.isPresent() && mount.get().options().contains("ro")) {
            findings.add(
                    Finding.of(
                            FindingCode.PROC_SYS_READ_ONLY,
                            Finding.HOST,
                            mount.get().point() + " is mounted read-only (" + MOUNTS + ")",
                            "start the container with --sysctl net.ipv4.conf.default.rp_filter=2 --sysctl net.ipv6.conf.default.disable_ipv6=0"));
        }
    }

    /** What the launchers say makes it unimportant: then nothing is unpacked. */
    private static void temporary(Survey survey, Findings findings) throws IOException {
        if (Boolean.getBoolean("jna.nounpack")) {
            return;
        }
        Optional<Mount> mount = holding(mounts(survey.host()), "/tmp");
        if (mount.isPresent() && mount.get().options().contains("noexec")) {
            findings.add(
                    Finding.of(
                            FindingCode.TMP_NOEXEC,
                            Finding.HOST,
                            mount.get().point() + " is mounted noexec (" + MOUNTS + ")",
                            "start it by its launcher, or with -Djava.library.path=FOLDER -Djna.boot.library.path=FOLDER -Djna.nounpack=true"));
        }
    }

    /** {@code ID PARENT MAJOR:MINOR ROOT POINT OPTIONS ... - TYPE SOURCE SUPEROPTIONS} (proc_pid_mountinfo(5)). */
    private static List<Mount> mounts(Host host) throws IOException {
        List<Mount> mounts = new ArrayList<>();
        for (String line : host.lines(MOUNTS)) {
            String[] words = line.split(" ", -1);
            if (words.length > 6) {
                List<String> options = new ArrayList<>(List.of(words[5].split(",", -1)));
                options.addAll(List.of(words[words.length - 1].split(",", -1)));
                mounts.add(new Mount(words[4], options));
            }
        }
        return mounts;
    }

    /** The mount that a folder is on: the longest, and of one point the last, which covers the others. */
    private static Optional<Mount> holding(List<Mount> mounts, String folder) {
        Mount best = null;
        for (Mount mount : mounts) {
            boolean holds =
                    mount.point().equals("/") || folder.equals(mount.point()) || folder.startsWith(mount.point() + "/");
            if (holds && (best == null || mount.point().length() >= best.point().length())) {
                best = mount;
            }
        }
        return Optional.ofNullable(best);
    }
}
