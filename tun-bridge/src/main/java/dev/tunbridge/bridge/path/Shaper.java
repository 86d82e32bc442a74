package dev.tunbridge.bridge.path;

import dev.tunbridge.linux.Interfaces;
import dev.tunbridge.linux.LinuxException;
import dev.tunbridge.linux.netlink.QueueDiscipline;
import dev.tunbridge.linux.netlink.TokenBucket;
import dev.tunbridge.linux.netlink.TrafficControl;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The token bucket in front of the TUN device. A packet that waits in it still counts against its sender's socket, so
 * the sender blocks, as it would on a real interface; the device's own queue lets go of the socket and drops silently.
 * It goes with the device, and what a killed process left on a persistent one is known by its handle. One thread at a
 * time; a change takes some 20 µs.
 */
final class Shaper implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Shaper.class);

    private final String device;
    private final int interfaceIndex;
    private final TrafficControl control;
    private boolean foreign;
    private boolean closed;

    private Shaper(String device, int interfaceIndex, TrafficControl control) {
        this.device = device;
        this.interfaceIndex = interfaceIndex;
        this.control = control;
    }

    /** For a device of the calling thread's namespace. Removes what a killed process has left there. */
    static Shaper open(String device) throws LinuxException {
        int index = Interfaces.index(device);
        Shaper shaper = new Shaper(device, index, TrafficControl.open());
        try {
            if (shaper.removeOurs()) {
                LOG.info("{}: removed the shaper of an earlier process", device);
            }
            return shaper;
        } catch (LinuxException | RuntimeException e) {
            shaper.control.close();
            throw e;
        }
    }

    /**
     * Shapes from now on with this bucket, or not at all. Answers what is in force: nothing as well where somebody has
     * configured another qdisc, which stays.
     */
    Optional<TokenBucket> apply(Optional<TokenBucket> wanted) throws LinuxException {
        if (wanted.isEmpty()) {
            removeOurs();
            return wanted;
        }
        Optional<QueueDiscipline> root = control.root(interfaceIndex);
        boolean wasForeign = foreign;
        foreign = root.isPresent() && !root.get().isDefault() && !root.get().isOurs();
        if (foreign) {
            if (!wasForeign) {
                LOG.warn(
                        "{}: not shaped, because a qdisc '{}' was configured there",
                        device,
                        root.get().kind());
            }
            return Optional.empty();
        }
        control.shape(interfaceIndex, wanted.get());
        return wanted;
    }

    /** What is at the device's root now, with its counters. */
    Optional<QueueDiscipline> root() throws LinuxException {
        return control.root(interfaceIndex);
    }

    private boolean removeOurs() throws LinuxException {
        boolean isOurs =
                control.root(interfaceIndex).filter(QueueDiscipline::isOurs).isPresent();
        if (isOurs) {
            control.unshape(interfaceIndex);
        }
        return isOurs;
    }

    /** Removes the bucket, and what waits in it. Does no harm twice, nor after the device is gone. */
    @Override
    public void close() throws LinuxException {
        if (!closed) {
            closed = true;
            try {
                removeOurs();
            } finally {
                control.close();
            }
        }
    }
}
