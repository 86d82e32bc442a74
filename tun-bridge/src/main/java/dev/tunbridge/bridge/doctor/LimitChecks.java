package dev.tunbridge.bridge.doctor;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** What runs out: files, room for logs; and the time. */
final class LimitChecks {
    static final List<Check> ALL =
            List.of(LimitChecks::files, LimitChecks::disk, LimitChecks::clock, LimitChecks::synchronised);

    /** The process by itself: classes, sockets of the control kind, logs. */
    private static final long FILES_OF_A_PROCESS = 128;

    /** Device, ring, outer connections in a race, netlink sockets, descriptors of timers. */
    private static final long FILES_OF_A_TUNNEL = 32;

    private static final String LOGS = "/var/log";
    private static final long LEAST_BYTES = 64 << 20;

    /** Before this program was written. */
    private static final Instant LONG_AGO = Instant.parse("2025-01-01T00:00:00Z");

    private LimitChecks() {}

    /** The soft limit, which Java raises to the hard one at its start ({@code -XX:+MaxFDLimit}). */
    private static void files(Survey survey, Findings findings) throws IOException {
        long needed = FILES_OF_A_PROCESS;
        for (TunnelFacts tunnel : survey.tunnels()) {
            needed += FILES_OF_A_TUNNEL + (tunnel.usesSockets() ? tunnel.channels() : 0);
        }
        for (String line : survey.host().lines("/proc/self/limits")) {
            String[] words = line.split(" {2,}", -1);
            if (line.startsWith("Max open files") && words.length > 2 && words[1].matches("\\d{1,18}")) {
                long limit = Long.parseLong(words[1]);
                if (limit < needed) {
                    findings.add(Finding.of(
                            FindingCode.OPEN_FILES_FEW,
                            Finding.HOST,
                            "/proc/self/limits says Max open files " + limit + "; "
                                    + survey.tunnels().size() + " tunnels may need " + needed,
                            "LimitNOFILE=" + Math.max(65_536, needed) + " in the unit, or ulimit -n " + needed));
                }
            }
        }
    }

    private static void disk(Survey survey, Findings findings) throws IOException {
        Path logs = survey.host().path(LOGS);
        if (!Files.isDirectory(logs)) {
            return;
        }
        FileStore store = Files.getFileStore(logs);
        long room = store.getUsableSpace();
        if (room < LEAST_BYTES && store.getTotalSpace() > 0) {
            findings.add(Finding.of(
                    FindingCode.LOG_DISK_FULL,
                    Finding.HOST,
                    LOGS + " has room for " + (room >> 20) + " MiB of " + (store.getTotalSpace() >> 20),
                    "journalctl --vacuum-size=100M; then: du -xh " + LOGS + " | sort -h | tail"));
        }
    }

    private static void clock(Survey survey, Findings findings) {
        Instant now = survey.host().clock().instant();
        if (now.isBefore(LONG_AGO)) {
            findings.add(Finding.of(
                    FindingCode.CLOCK_WRONG,
                    Finding.HOST,
                    "the clock says " + now,
                    "timedatectl set-ntp true, or: date -s TIME"));
        }
    }

    /** By systemd, which asks the kernel for STA_UNSYNC (adjtimex(2)); not known where it does not run. */
    private static void synchronised(Survey survey, Findings findings) throws IOException {
        Optional<Path> program = survey.host().program("timedatectl");
        Output output = program.isPresent()
                ? survey.host().run("timedatectl", "show", "--property=NTPSynchronized", "--value")
                : new Output(1, "", "timedatectl is not installed");
        String answer = output.text().strip();
        if (output.exitCode() != 0) {
            findings.unknown("whether the clock is synchronised: " + output.reason());
        } else if (answer.equals("no")) {
            findings.add(Finding.of(
                    FindingCode.CLOCK_NOT_SYNCHRONISED,
                    Finding.HOST,
                    "timedatectl says NTPSynchronized=no",
                    "timedatectl set-ntp true"));
        }
    }
}
