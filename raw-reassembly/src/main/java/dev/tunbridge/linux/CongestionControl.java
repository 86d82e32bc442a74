package dev.tunbridge.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Which congestion controls this process may choose, in the network namespace of the calling thread. */
public final class CongestionControl {
    private static final Path SETTINGS = Path.of("/proc/sys/net/ipv4");
    private static final int AF_INET = 2;
    private static final int SOCK_STREAM_CLOEXEC = 1 | 0x80000;

    private CongestionControl() {}

    /** Those loaded; the kernel loads more on demand for who may. Empty where the kernel does not say. */
    public static List<String> available() {
        return list("tcp_available_congestion_control");
    }

    /** Those open to everybody; others need CAP_NET_ADMIN. Shown in the first namespace only, so it may be empty. */
    public static List<String> allowed() {
        return list("tcp_allowed_congestion_control");
    }

    /** Tries it on a socket that nobody uses; answers what could be chosen instead where this one is refused. */
    public static Optional<String> refusal(String algorithm) throws LinuxException {
        int fd = LibC.socket(AF_INET, SOCK_STREAM_CLOEXEC, 0);
        if (fd < 0) {
            throw LinuxException.last("socket AF_INET", "SOCK_STREAM");
        }
        try {
            Sockets.setCongestionControl(fd, algorithm);
            return Optional.empty();
        } catch (LinuxException e) {
            return Optional.of(
                    e.isForbidden()
                            ? "one that is allowed without CAP_NET_ADMIN: " + String.join(" | ", allowed())
                            : "one that this kernel has: " + String.join(" | ", available()));
        } finally {
            Descriptors.close(fd);
        }
    }

    private static List<String> list(String setting) {
        try {
            String text = Files.readString(SETTINGS.resolve(setting)).strip();
            return text.isEmpty() ? List.of() : List.of(text.split("\\s+", -1));
        } catch (IOException e) {
            return List.of();
        }
    }
}
