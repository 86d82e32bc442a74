package dev.tunbridge.linux;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * An interface's counters as the kernel keeps them. Sent is what the kernel gave to the driver: of a TUN device, what
 * its reader gets.
 *
 * @param receivedBytes bytes that the driver gave to the kernel
 * @param receivedPackets packets that the driver gave to the kernel
 * @param receivedDropped packets that the kernel did not take
 * @param sentBytes bytes that the driver took
 * @param sentPackets packets that the driver took
 * @param sentDropped packets that the driver had no room for, which nobody else is told of
 */
public record InterfaceCounters(
        long receivedBytes,
        long receivedPackets,
        long receivedDropped,
        long sentBytes,
        long sentPackets,
        long sentDropped) {

    /** Of the calling thread's namespace; {@code /sys} shows that in which it was mounted. */
    private static final Path TABLE = Path.of("/proc/thread-self/net/dev");

    private static final int COLUMNS = 16;

    /** The counters of this interface in the network namespace of the calling thread; nothing where there is none. */
    public static Optional<InterfaceCounters> read(String name) throws IOException {
        return find(Files.readString(TABLE, StandardCharsets.UTF_8), name);
    }

    /**
     * <pre>
     *   name: bytes packets errs drop fifo frame compressed multicast | bytes packets errs drop fifo colls carrier compressed
     *   (columns 0 to 7: received, 8 to 15: sent)
     * </pre>
     */
    static Optional<InterfaceCounters> find(String table, String name) {
        for (String line : table.split("\n", -1)) {
            String stripped = line.strip();
            if (stripped.startsWith(name + ":")) {
                String[] columns = stripped.substring(name.length() + 1).strip().split("\\s+", -1);
                return columns.length < COLUMNS
                        ? Optional.empty()
                        : Optional.of(new InterfaceCounters(
                                Long.parseLong(columns[0]),
                                Long.parseLong(columns[1]),
                                Long.parseLong(columns[3]),
                                Long.parseLong(columns[8]),
                                Long.parseLong(columns[9]),
                                Long.parseLong(columns[11])));
            }
        }
        return Optional.empty();
    }
}
