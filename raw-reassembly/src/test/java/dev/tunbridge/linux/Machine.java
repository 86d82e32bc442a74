package dev.tunbridge.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/** What the machine has: skips, with its reason, a test that it cannot run. */
public final class Machine {
    private Machine() {}

    /** Java's NetworkInterface hides interfaces without an address, and so does not serve here. */
    static boolean hasInterface(String name) throws IOException {
        return Files.readAllLines(Path.of("/proc/thread-self/net/dev")).stream()
                .anyMatch(line -> line.strip().startsWith(name + ":"));
    }

    static void assumeRawSockets() {
        try {
            PacketSocket.open().close();
        } catch (LinuxException failure) {
            Assumptions.abort("needs raw sockets: " + failure.getMessage());
        }
    }

    public static void assumeTun() {
        try {
            TunInterface.open("tbp%d", TunKind.TUN).close();
        } catch (LinuxException failure) {
            Assumptions.abort("needs a TUN device: " + failure.getMessage());
        }
    }
}
