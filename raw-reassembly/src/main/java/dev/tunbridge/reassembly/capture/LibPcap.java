package dev.tunbridge.reassembly.capture;

import dev.tunbridge.linux.Errno;
import dev.tunbridge.linux.LinuxException;
import java.io.IOException;
import java.sql.Timestamp;
import org.pcap4j.core.PcapNativeException;
import org.pcap4j.core.Pcaps;

/** The library behind pcap4j. It is loaded when it is first needed, because the ring does without. */
final class LibPcap {
    /** PCAP_ERROR_* of pcap/pcap.h. */
    private static final int NO_SUCH_DEVICE = -5;

    private static final int PERMISSION_DENIED = -8;
    private static final int PROMISCUOUS_PERMISSION_DENIED = -11;

    private LibPcap() {}

    static void require() throws IOException {
        try {
            Pcaps.libVersion();
        } catch (LinkageError missing) {
            throw new IOException(
                    "libpcap is not installed here (on Debian the package libpcap0.8): " + missing.getMessage(),
                    missing);
        }
    }

    /** What libpcap says, as the errno that a caller can act upon where there is one. */
    static IOException failure(String operation, String subject, PcapNativeException cause) {
        Integer code = cause.getReturnCode();
        IOException failure = switch (code == null ? 0 : code) {
            case PERMISSION_DENIED, PROMISCUOUS_PERMISSION_DENIED ->
                new LinuxException(operation, subject, Errno.EPERM);
            case NO_SUCH_DEVICE -> new LinuxException(operation, subject, Errno.ENODEV);
            default -> new IOException(operation + " " + subject + ": " + cause.getMessage());
        };
        failure.initCause(cause);
        return failure;
    }

    static long epochSeconds(Timestamp stamp) {
        return Math.floorDiv(stamp.getTime(), 1_000L);
    }
}
