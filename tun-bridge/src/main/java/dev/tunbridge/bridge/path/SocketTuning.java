package dev.tunbridge.bridge.path;

import dev.tunbridge.bridge.config.AutoOr;
import dev.tunbridge.bridge.config.BridgeConfig;
import dev.tunbridge.bridge.config.ConfigException;
import dev.tunbridge.bridge.config.Settings;
import dev.tunbridge.linux.CongestionControl;
import dev.tunbridge.linux.LinuxException;
import dev.tunbridge.linux.SocketOption;
import dev.tunbridge.linux.Sockets;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the outer socket was given before it connects, and what is in force.
 *
 * @param congestionControl by its name
 * @param rtoMaxMillis longest wait between two retransmissions; nothing where the kernel cannot be told
 */
public record SocketTuning(String congestionControl, Optional<Integer> rtoMaxMillis) {
    private static final Logger LOG = LoggerFactory.getLogger(SocketTuning.class);

    private static final String DEFAULT = "default";

    /**
     * With its doubling a timeout soon outlasts the link's absence; a try a second costs nothing. The kernel takes no
     * less, and a path whose own timeout is longer has a round trip of more than 0.8 s.
     */
    private static final int AUTOMATIC_RTO_MAX_MILLIS = 1_000;

    /** TCP_RTO_MAX. */
    private static final int KERNEL_RTO_MAX_MILLIS = 120_000;

    /**
     * Asks this kernel whether it has and allows what the configuration wants.
     *
     * @throws ConfigException naming what it has instead
     */
    public static void check(BridgeConfig config) {
        String key = Settings.CONGESTION_CONTROL.key();
        String algorithm = config.get(Settings.CONGESTION_CONTROL);
        if (algorithm.equals(DEFAULT)) {
            return;
        }
        Optional<String> instead;
        try {
            instead = CongestionControl.refusal(algorithm);
        } catch (LinuxException e) {
            throw ConfigException.of(key, "'" + algorithm + "' cannot be tried: " + e.getMessage());
        }
        if (instead.isPresent()) {
            throw new ConfigException(key, algorithm, instead.get());
        }
    }

    /** Tunes a socket that is not connected yet. */
    public static SocketTuning apply(int fd, BridgeConfig config) throws LinuxException {
        String algorithm = config.get(Settings.CONGESTION_CONTROL);
        if (!algorithm.equals(DEFAULT)) {
            Sockets.setCongestionControl(fd, algorithm);
        }
        return new SocketTuning(Sockets.congestionControl(fd), rtoMax(fd, config.get(Settings.RTO_MAX)));
    }

    /** The longest wait between two tries in an outage that the configuration wants, whether the kernel can be told or not. */
    public static long longestRetryNanos(BridgeConfig config) {
        AutoOr<Long> wanted = config.get(Settings.RTO_MAX);
        if (wanted instanceof AutoOr.Fixed<Long> fixed) {
            return fixed.value();
        }
        return TimeUnit.MILLISECONDS.toNanos(wanted.isOff() ? KERNEL_RTO_MAX_MILLIS : AUTOMATIC_RTO_MAX_MILLIS);
    }

    private static Optional<Integer> rtoMax(int fd, AutoOr<Long> wanted) throws LinuxException {
        if (wanted instanceof AutoOr.Fixed<Long> fixed) {
            int millis = (int) TimeUnit.NANOSECONDS.toMillis(fixed.value());
            if (!Sockets.trySet(fd, SocketOption.TCP_RTO_MAX_MS, millis)) {
                LOG.warn("{} has no effect: this kernel has no TCP_RTO_MAX_MS (6.15)", Settings.RTO_MAX.key());
                return Optional.empty();
            }
            return Optional.of(Sockets.get(fd, SocketOption.TCP_RTO_MAX_MS));
        }
        if (wanted.isOff() || !Sockets.trySet(fd, SocketOption.TCP_RTO_MAX_MS, AUTOMATIC_RTO_MAX_MILLIS)) {
            return Optional.empty();
        }
        return Optional.of(Sockets.get(fd, SocketOption.TCP_RTO_MAX_MS));
    }
}
