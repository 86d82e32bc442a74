package dev.tunbridge.linux.netlink;

import dev.tunbridge.linux.Errno;
import dev.tunbridge.linux.LinuxException;
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

    /** Those of this interface in the network namespace of the calling thread; nothing where there is none. */
    public static Optional<InterfaceCounters> read(String name) throws LinuxException {
        try (NetworkConfiguration configuration = NetworkConfiguration.open()) {
            return Optional.of(configuration.counters(name));
        } catch (LinuxException e) {
            if (e.errno().equals(Errno.ENODEV)) {
                return Optional.empty();
            }
            throw e;
        }
    }
}
